import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawFlow, drawingSvg, drawingText, exitsOf } from '../../../src/flows/index.ts';
import { textWidth } from '../../../src/flows/show/text-width.ts';
import { anyFlow } from './arbitrary.ts';
import { flowPlan } from './plans.ts';

const front = flowPlan(
  {
    hours: { do: 'schedule', schedule: 'office', open: 'menu', closed: 'box' },
    menu: { do: 'menu', play: { say: '请按1' }, keys: { 1: 'sales', 9: 'hours' }, otherwise: 'sales' },
    sales: { do: 'dial', lines: ['sales-1', 'sales-2'], strategy: 'simultaneous', next: 'box' },
    box: { do: 'voicemail' },
    lost: { do: 'play', play: 'hello', next: 'nowhere' },
    away: { do: 'goto', flow: 'other' },
  },
  { start: 'hours', name: 'Front <door> & "bell"' },
);

describe('drawFlow', () => {
  it('has the steps in reading order, those that nothing leads to at the end', () => {
    const drawing = drawFlow(front);
    expect(drawing.steps.map(({ name }) => name)).toEqual(['hours', 'menu', 'sales', 'box', 'lost', 'away']);
    expect(drawing.unreached).toEqual(['lost', 'away']);
  });

  it('draws exits that lead to one place as one, and tells a name that no step has', () => {
    const { steps } = drawFlow(front);
    expect(steps.find(({ name }) => name === 'menu')?.exits).toEqual([
      { labels: ['1', 'otherwise'], target: { type: 'step', name: 'sales' } },
      { labels: ['9'], target: { type: 'step', name: 'hours' } },
    ]);
    expect(steps.find(({ name }) => name === 'lost')?.exits[0]?.target).toEqual({
      type: 'missing',
      name: 'nowhere',
    });
    expect(steps.find(({ name }) => name === 'away')?.exits[0]?.target).toEqual({
      type: 'flow',
      name: 'other',
    });
  });

  it('leads wherever the interpreter leads', () => {
    fc.assert(
      fc.property(anyFlow, ({ definition: { flow } }) => {
        for (const step of drawFlow(flow).steps) {
          const plan = flow.steps[step.name];
          if (plan === undefined || plan.do === 'goto') continue;
          const targets = new Set(exitsOf(plan).map(([, to]) => to));
          const drawn = new Set(
            step.exits.map(({ target }) => (target.type === 'end' ? undefined : target.name)),
          );
          expect(drawn).toEqual(targets);
        }
      }),
      { numRuns: 15, endOnFailure: true },
    );
  });
});

describe('drawingText', () => {
  it('draws boxes, and names what has been drawn before', () => {
    expect(drawingText(drawFlow(front)).split('\n').slice(0, 27)).toEqual([
      'main  Front <door> & "bell", en, Europe/Berlin',
      '',
      '┌─────────────────┐',
      '│ hours  schedule │',
      '│ office          │',
      '└┬────────────────┘',
      ' ├─ open',
      ' │  ┌────────────┐',
      ' │  │ menu  menu │',
      ' │  │ “请按1”    │',
      ' │  └┬───────────┘',
      ' │   ├─ 1, otherwise',
      ' │   │  ┌───────────────────────────────┐',
      ' │   │  │ sales  dial                   │',
      ' │   │  │ sales-1, sales-2, all at once │',
      ' │   │  └┬──────────────────────────────┘',
      ' │   │   │ nobody answered',
      ' │   │  ┌┴──────────────────────┐',
      ' │   │  │ box  voicemail        │',
      ' │   │  │ box main, up to 180 s │',
      ' │   │  └┬──────────────────────┘',
      ' │   │   └─ next → the call ends',
      ' │   └─ 9 ↺ back to hours',
      ' └─ closed → box (above)',
      '',
      'Nothing leads to:',
      '┌────────────┐',
    ]);
  });

  it('draws each step of any flow once, in boxes whose sides stand below each other', () => {
    fc.assert(
      fc.property(anyFlow, ({ definition: { flow } }) => {
        const drawing = drawFlow(flow);
        const lines = drawingText(drawing).split('\n');
        for (const { name, kind } of drawing.steps) {
          expect(lines.filter((line) => line.includes(`│ ${name}  ${kind} `))).toHaveLength(1);
        }
        lines.forEach((line, index) => {
          if (!line.endsWith('┐')) return;
          const end = lines.slice(index).find((each) => each.endsWith('┘'));
          expect(textWidth(end ?? '')).toBe(textWidth(line));
          expect(textWidth(lines[index + 1] ?? '')).toBe(textWidth(line));
        });
      }),
      { numRuns: 25, endOnFailure: true },
    );
  });

  it('paints nothing into the measure of its boxes', () => {
    const painted = drawingText(drawFlow(front), (_part, text) => `\u001B[1m${text}\u001B[0m`);
    expect(painted.replaceAll('\u001B[1m', '').replaceAll('\u001B[0m', '')).toBe(
      drawingText(drawFlow(front)),
    );
  });
});

describe('drawingSvg', () => {
  it('escapes what stands in the flow', () => {
    const svg = drawingSvg(drawFlow(front));
    expect(svg).toContain('Front &lt;door&gt; &amp; &quot;bell&quot;');
    expect(svg).not.toContain('<door>');
    expect(svg).toContain('<desc id="flow-description">hours, schedule (office). open: on to menu');
    expect(svg).toContain('class="way back"');
  });

  it('keeps boxes of any flow apart and inside the picture', () => {
    const boxes =
      /<rect class="(?:box|other)[^"]*" x="([\d.-]+)" y="([\d.-]+)" width="([\d.]+)" height="([\d.]+)"/g;
    fc.assert(
      fc.property(anyFlow, ({ definition: { flow } }) => {
        const drawing = drawFlow(flow);
        const svg = drawingSvg(drawing);
        const [, width, height] = /viewBox="0 0 (\d+) (\d+)"/.exec(svg)?.map(Number) ?? [];
        const found = [...svg.matchAll(boxes)].map((match) => match.slice(1).map(Number));
        expect(found.length).toBeGreaterThanOrEqual(drawing.steps.length);
        found.forEach(([x = 0, y = 0, w = 0, h = 0], index) => {
          expect(x).toBeGreaterThanOrEqual(0);
          expect(x + w).toBeLessThanOrEqual(width ?? 0);
          expect(y + h).toBeLessThanOrEqual(height ?? 0);
          for (const [ox = 0, oy = 0, ow = 0, oh = 0] of found.slice(index + 1)) {
            expect(x + w <= ox + 0.2 || ox + ow <= x + 0.2 || y + h <= oy || oy + oh <= y).toBe(true);
          }
        });
      }),
      { numRuns: 15, endOnFailure: true },
    );
  });
});
