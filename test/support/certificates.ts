import { generate } from 'selfsigned';

/** PEM texts of one certificate. */
export type Issued = { readonly key: string; readonly cert: string };

export type Authority = {
  /** The authority's own certificate, PEM. */
  readonly ca: string;
  /**
   * A certificate for these host names and addresses, good for servers and clients. `days` (default 2) from now on;
   * below zero it has expired.
   */
  issue(options: {
    readonly names?: readonly string[];
    readonly addresses?: readonly string[];
    readonly days?: number;
  }): Promise<Issued>;
};

const DAY = 86_400_000;
const KIND = { algorithm: 'sha256', keyType: 'ec' } as const;

const validity = (days: number) => ({
  notBeforeDate: new Date(Date.now() - 10 * DAY),
  notAfterDate: new Date(Date.now() + days * DAY),
});

let made = 0;

/** An authority of its own, trusted by nobody who isn't told. */
export const makeAuthority = async (): Promise<Authority> => {
  made += 1;
  const own = await generate([{ name: 'commonName', value: `Test authority ${made}` }], {
    ...KIND,
    ...validity(2),
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  const ca = { key: own.private, cert: own.cert };
  return {
    ca: own.cert,
    issue: async ({ names = [], addresses = [], days = 2 }) => {
      const { private: key, cert } = await generate(
        [{ name: 'commonName', value: names[0] ?? addresses[0] ?? 'nobody' }],
        {
          ...KIND,
          ...validity(days),
          ca,
          extensions: [
            { name: 'basicConstraints', cA: false, critical: true },
            { name: 'keyUsage', digitalSignature: true, critical: true },
            { name: 'extKeyUsage', serverAuth: true, clientAuth: true },
            {
              name: 'subjectAltName',
              altNames: [
                ...names.map((value) => ({ type: 2, value }) as const),
                ...addresses.map((ip) => ({ type: 7, ip }) as const),
              ],
            },
          ],
        },
      );
      return { key, cert };
    },
  };
};
