import type { CallTable, MatchMethod, VisitTable } from '../../store/index.ts';
import type { TouchSource } from '../events.ts';
import { channelOfMedium } from '../visits/index.ts';

const DIRECT = /^\(?(?:none|direct)\)?$/;

/** Channel of a source of the plan: by its medium; what is none of the web's is offline. */
export const sourceChannel = (source: string, medium: string | null): TouchSource['channel'] => {
  const word = (medium ?? source).toLowerCase();
  if (DIRECT.test(word)) return 'direct';
  const channel = medium === null ? 'campaign' : channelOfMedium(word);
  return channel === 'campaign' ? 'offline' : channel;
};

type CallSource = Pick<
  CallTable,
  'match_method' | 'source_id' | 'source' | 'medium' | 'campaign' | 'keyword' | 'content' | 'channel'
>;

const ofVisit = (visit: VisitTable): TouchSource => ({
  channel: visit.channel,
  source: visit.source,
  medium: visit.medium,
  campaign: visit.campaign,
  term: visit.term,
  content: visit.content,
  source_id: visit.source_id,
});

/**
 * What a call came from, as events keep it: the source that its number belongs to, or the visit that it was matched with.
 *
 * @returns null when it is unattributed
 */
export const touchOf = (call: CallSource, visit: VisitTable | undefined): TouchSource | null => {
  if (call.match_method !== 'static' && visit !== undefined) return ofVisit(visit);
  if (call.source === null) return null;
  return {
    channel: call.channel ?? sourceChannel(call.source, call.medium),
    source: call.source,
    medium: call.medium ?? '(none)',
    campaign: call.campaign,
    term: call.keyword,
    content: call.content,
    source_id: call.source_id,
  };
};

/** Whether a match tells who the caller is: surely, or nearly so. */
export const LINK_FROM = 0.95;
const CERTAIN: readonly MatchMethod[] = ['token', 'code'];

/** True when the call's visitor is the caller. */
export const isSureMatch = ({
  match_method,
  match_prob,
}: Pick<CallTable, 'match_method' | 'match_prob'>): boolean =>
  CERTAIN.includes(match_method) ||
  (match_method !== 'static' && match_method !== 'none' && (match_prob ?? 0) >= LINK_FROM);
