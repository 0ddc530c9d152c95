/** Time in view that makes a view. */
const VIEW_MS = 1000;
/** Share of a button. */
const VIEW_SHARE = 0.5;

type Timer = ReturnType<typeof setTimeout>;

type ViewsOptions = {
  /** The page's path: each has its own views. */
  page(): string;
  /** The window is seen. */
  inSight(): boolean;
  onView(button: string): void;
};

/** Counts views: half of a button for a second, once for each page and button. */
export const createViews = ({ page, inSight, onView }: ViewsOptions) => {
  const counted = new Set<string>();
  /** Places that are in view, and what waits for them. */
  const places = new Map<unknown, { readonly button: string; timer: Timer | undefined }>();
  const wait = (place: { readonly button: string; timer: Timer | undefined }): void => {
    clearTimeout(place.timer);
    place.timer = setTimeout(() => {
      const { button } = place;
      const key = `${button} ${page()}`;
      if (counted.has(key)) return;
      if (!inSight()) {
        wait(place);
        return;
      }
      counted.add(key);
      onView(button);
    }, VIEW_MS);
  };
  return {
    /**
     * @param place any value that stands for it; a page may have a button twice
     * @param share of it that is in view, 0 to 1
     */
    see: (place: unknown, button: string, share: number): void => {
      const known = places.get(place);
      if (share >= VIEW_SHARE && !known) {
        const fresh = { button, timer: undefined };
        places.set(place, fresh);
        wait(fresh);
      } else if (share < VIEW_SHARE && known) {
        clearTimeout(known.timer);
        places.delete(place);
      }
    },
    /** The page became another one: what is still in view is seen anew. */
    turn: (): void => places.forEach(wait),
  };
};
