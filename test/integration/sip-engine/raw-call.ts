import type { AppSocket, Frame } from './app-socket.ts';
import { calleeOf, type Harness } from './harness.ts';
import { type Call, createCall, type Options, type Peer, sdp, type Text, tagIn } from './peer.ts';

/** Sends what an application sends, as SIP text; gives the reply's fields. */
export const command = async (
  app: AppSocket,
  leader: string,
  lines: readonly string[],
  body = '',
): Promise<readonly string[]> =>
  (await app.ask(`sip|${leader}\r\n${[...lines, '', body].join('\r\n')}`)).fields;

/** The next response to a transaction. */
export const responseTo = (app: AppSocket, txn: string, status: number): Promise<Frame> =>
  app.next(
    ({ fields, text }) => fields[1] === 'sip' && fields[8] === txn && text.startsWith(`SIP/2.0 ${status} `),
  );

export type Placed = {
  readonly txn: string;
  readonly dialogId: string;
  readonly call: Call;
  readonly invite: Text;
};

/** An INVITE of the application that has reached the peer. */
export const ring = async (
  harness: Harness,
  app: AppSocket,
  peer: Peer,
  lines: readonly string[] = [],
): Promise<Placed> => {
  const uri = `sip:peer@127.0.0.1:${peer.port}`;
  const fields = await command(app, '|', [`INVITE ${uri} SIP/2.0`, ...lines], sdp('app'));
  const invite = await peer.next('INVITE');
  const call = calleeOf(harness, peer, invite);
  return { txn: fields[10] ?? '', dialogId: `${call.id};from-tag=${call.remoteTag}`, call, invite };
};

/** An answered and acknowledged call of the application. */
export const place = async (
  harness: Harness,
  app: AppSocket,
  peer: Peer,
  answer: Options = {},
): Promise<Placed> => {
  const placed = await ring(harness, app, peer);
  peer.send(placed.call.respond(placed.invite, 200, 'OK', { body: sdp('answer'), ...answer }), harness.port);
  await responseTo(app, placed.txn, 200);
  await command(app, `|${placed.dialogId}`, ['ACK sip:placeholder SIP/2.0']);
  await peer.next('ACK');
  return placed;
};

/** An INVITE of the peer that has reached the application. */
export const arrive = async (
  harness: Harness,
  app: AppSocket,
  peer: Peer,
  options: Options = {},
): Promise<{
  readonly call: Call;
  readonly txn: string;
  readonly dialogId: string;
  readonly invite: string;
}> => {
  const call = createCall(peer, harness.port);
  const invite = call.invite(options);
  peer.send(invite, harness.port);
  const { fields } = await app.request('INVITE');
  const dialogId = `${call.id};from-tag=${/From:.*;tag=(\S+)/.exec(invite)?.[1] ?? ''}`;
  return { call, txn: fields[8] ?? '', dialogId, invite };
};

/** A call of the peer, answered and acknowledged. */
export const answered = async (
  harness: Harness,
  app: AppSocket,
  peer: Peer,
  options: Options = {},
): Promise<{ readonly call: Call; readonly dialogId: string }> => {
  const { call, txn, dialogId } = await arrive(harness, app, peer, options);
  await command(app, `${txn}|`, ['SIP/2.0 200 OK'], sdp('app'));
  call.remoteTag = tagIn((await peer.next('INVITE 200')).header('To'));
  peer.send(call.request('ACK'), harness.port);
  await app.request('ACK');
  return { call, dialogId };
};
