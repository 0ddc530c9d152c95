/** Numbers for texts, 0, 1, 2 … in the order they are first met: what is told by number takes little to keep and to compare. */
export type Ids = {
  readonly of: (text: string) => number;
  readonly text: (id: number) => string;
  readonly size: () => number;
};

export const createIds = (): Ids => {
  const known = new Map<string, number>();
  const texts: string[] = [];
  return {
    of: (text) => {
      const id = known.get(text);
      if (id !== undefined) return id;
      known.set(text, texts.length);
      return texts.push(text) - 1;
    },
    text: (id) => texts[id] ?? '',
    size: () => texts.length,
  };
};
