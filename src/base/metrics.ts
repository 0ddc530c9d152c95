import { Counter, Gauge, type Registry } from 'prom-client';

export { Histogram, Registry } from 'prom-client';

/** A counter registered in `registry`; `labels` are its label names. */
export const counter = <L extends string>(
  registry: Registry,
  name: string,
  help: string,
  labels: L[] = [],
): Counter<L> => new Counter({ name, help, labelNames: labels, registers: [registry] });

type Labelled<L extends string> = readonly {
  readonly labels: Readonly<Record<L, string>>;
  readonly value: number;
}[];

/** A gauge with labels: at each scrape it shows exactly what `collect` gives. */
export const labelledGauge = <L extends string>(
  registry: Registry,
  name: string,
  help: string,
  labels: L[],
  collect: () => Labelled<L> | Promise<Labelled<L>>,
): Gauge<L> =>
  new Gauge({
    name,
    help,
    labelNames: labels,
    registers: [registry],
    async collect(this: Gauge<L>) {
      const values = await collect();
      this.reset();
      for (const { labels: names, value } of values) this.set(names, value);
    },
  });

/** A gauge registered in `registry`; `collect` is asked at each scrape when given. */
export const gauge = (
  registry: Registry,
  name: string,
  help: string,
  collect?: () => number | Promise<number>,
): Gauge =>
  new Gauge({
    name,
    help,
    registers: [registry],
    ...(collect && {
      async collect(this: Gauge) {
        this.set(await collect());
      },
    }),
  });
