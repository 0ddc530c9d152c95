import type { ContactTarget, Reachability } from '../../sip/index.ts';
import type { LineTable } from '../../store/index.ts';
import type { CallServices } from '../types.ts';

/** The phones of a line, or why there are none, as `… (reason)` goes on. */
export type LinePhones =
  | { readonly type: 'phones'; readonly targets: readonly ContactTarget[] }
  | { readonly type: 'none'; readonly reason: string };

const NONE: LinePhones = { type: 'phones', targets: [] };

const why = (user: string, type: Exclude<Reachability['type'], 'reachable'>): string => {
  switch (type) {
    case 'unknown':
      return `there is no user ${user}`;
    case 'disabled':
      return `${user} is disabled`;
    case 'away':
      return `${user} takes no calls now`;
    case 'offline':
      return `${user} has no phone registered`;
    case 'flow-lost':
      return `${user}'s phones have not registered again since the gateway started`;
  }
};

/**
 * Looks a user's phones up; a line of another type has none, and needs none. Browsers are left out where nothing can encrypt
 * for them: the user's other phones ring all the same.
 */
export const phonesOf = async (
  { phones, media }: Pick<CallServices, 'phones' | 'media'>,
  { type, user }: Pick<LineTable, 'type' | 'user'>,
): Promise<LinePhones> => {
  if (type !== 'user' || user === null) return NONE;
  if (!phones) return { type: 'none', reason: 'no registrar is configured' };
  const found = await phones.reach(user);
  if (found.type !== 'reachable') return { type: 'none', reason: why(user, found.type) };
  const { encryption } = media;
  const targets = encryption.available ? found.targets : found.targets.filter(({ web }) => !web);
  if (targets.length > 0) return { type: 'phones', targets };
  const off = encryption.available ? '' : `: ${encryption.reason}`;
  return {
    type: 'none',
    reason: `${user} can be reached in a browser only, and browser calls are off${off}`,
  };
};
