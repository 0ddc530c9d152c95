import { createContext } from 'preact';
import { useContext, useEffect, useRef, useState } from 'preact/hooks';
import type { Phone, PhoneActions, PhoneState } from '../contract.ts';
import type { Words } from '../words/index.ts';
import type { Choices } from './choices.ts';

/** What every view may need. */
export type Desk = {
  readonly phone: Phone;
  readonly words: Words;
  readonly choices: Choices;
  readonly choose: (choices: Choices) => void;
};

export const DeskContext = createContext<Desk | undefined>(undefined);

export const useDesk = (): Desk => {
  const desk = useContext(DeskContext);
  if (!desk) throw new Error('a view stands outside the phone');
  return desk;
};

export const useWords = (): Words => useDesk().words;

export const useActions = (): PhoneActions => useDesk().phone.actions;

/** A part of the phone's state; the view is drawn again when `same` finds it changed. */
export const useSelected = <T>(
  select: (state: PhoneState) => T,
  same: (a: T, b: T) => boolean = Object.is,
): T => {
  const { phone } = useDesk();
  const [, redraw] = useState(0);
  const selected = select(phone.state);
  const kept = useRef(selected);
  if (!same(kept.current, selected)) kept.current = selected;
  const latest = useRef({ select, same });
  latest.current = { select, same };
  useEffect(() => {
    const look = (): void => {
      const { select: part, same: equal } = latest.current;
      if (!equal(kept.current, part(phone.state))) redraw((count) => count + 1);
    };
    look();
    return phone.subscribe(look);
  }, [phone]);
  return kept.current;
};

/** Now, in milliseconds since the epoch, drawn again each second while `running`. */
export const useNow = (running = true): number => {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!running) return undefined;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [running]);
  return now;
};

/** Whether there is room for two columns. */
export const useWide = (): boolean => {
  const [query] = useState(() => matchMedia('(min-width: 56rem)'));
  const [wide, setWide] = useState(query.matches);
  useEffect(() => {
    const look = (): void => setWide(query.matches);
    look();
    query.addEventListener('change', look);
    return () => query.removeEventListener('change', look);
  }, [query]);
  return wide;
};
