/** SIPp scenarios, written out from a few parts. `[service]` is the number called, `<pause/>` takes SIPp's -d. */

/** Where a scenario's SDP points: SIPp's own RTP stream, or an RTP endpoint beside it. */
export type SippMedia =
  /** Plays raw G.711 in a loop from SIPp itself. */
  | { readonly type: 'file'; readonly name: string; readonly law: 'PCMU' | 'PCMA' }
  | { readonly type: 'elsewhere'; readonly port: number; readonly law: 'PCMU' | 'PCMA' };

const TYPE = { PCMU: 0, PCMA: 8 } as const;

const message = (lines: readonly string[], body?: string): string =>
  [
    ...lines,
    ...(body ? ['Content-Type: application/sdp'] : []),
    `Content-Length: ${body ? '[len]' : '0'}`,
    '',
    body ?? '',
  ].join('\n');

const send = (text: string, attributes = ''): string => `<send ${attributes}><![CDATA[\n${text}\n]]></send>`;

const sdp = (media: SippMedia): string =>
  [
    'v=0',
    'o=sipp 1 1 IN IP[media_ip_type] [media_ip]',
    's=-',
    'c=IN IP[media_ip_type] [media_ip]',
    't=0 0',
    `m=audio ${media.type === 'file' ? '[rtpstream_audio_port]' : media.port} RTP/AVP ${TYPE[media.law]}`,
    `a=rtpmap:${TYPE[media.law]} ${media.law}/8000`,
    'a=ptime:20',
    'a=sendrecv',
    '',
  ].join('\n');

const play = (media: SippMedia): string =>
  media.type === 'file'
    ? `<nop><action><exec rtp_stream="${media.name},-1,${TYPE[media.law]},${media.law}/8000"/></action></nop>`
    : '';

/** Writes `audio <address> <port>` of the received SDP to SIPp's log. */
const noteAudio = [
  '<action>',
  '<ereg regexp="c=IN IP[46] ([^[:space:]]+)" search_in="msg" check_it="false" assign_to="skip1,address"/>',
  '<ereg regexp="m=audio ([0-9]+)" search_in="msg" check_it="false" assign_to="skip2,port"/>',
  '<log message="audio [$address] [$port]"/>',
  '</action>',
].join('');

const scenario = (parts: readonly string[], variables: string): string =>
  [
    '<?xml version="1.0" encoding="ISO-8859-1" ?>',
    '<!DOCTYPE scenario SYSTEM "sipp.dtd">',
    '<scenario name="dialtrace">',
    ...parts,
    `<Reference variables="${variables}"/>`,
    '</scenario>',
  ].join('\n');

const AUDIO_VARIABLES = 'skip1,skip2,address,port';

/** What the lines of `sipp` log: where the other side's SDP wants audio. */
export const audioAddress = (line: string): { readonly address: string; readonly port: number } => {
  const match = line.match(/audio (\S+) (\d+)/);
  if (!match?.[1]) throw new Error(`no audio in SIPp's log line ${line}`);
  return { address: match[1], port: Number(match[2]) };
};

export type CallerScenario = {
  readonly media: SippMedia;
  /** User part of From. */
  readonly from?: string;
  readonly headers?: readonly string[];
  /** Who says BYE. Default: the caller, after the pause. */
  readonly hangup?: 'caller' | 'line';
};

const callerHead = (method: string, uri: string, from: string, cseq: number, to: string): string[] => [
  `${method} ${uri} SIP/2.0`,
  'Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch];rport',
  'Max-Forwards: 70',
  `From: <sip:${from}@[local_ip]:[local_port]>;tag=[pid]c[call_number]`,
  `To: <sip:[service]@[remote_ip]:[remote_port]>${to}`,
  'Call-ID: [call_id]',
  `CSeq: ${cseq} ${method}`,
  'Contact: <sip:caller@[local_ip]:[local_port];transport=[transport]>',
];

/** A call that is answered, talks for the pause, and ends. */
export const callerScenario = (options: CallerScenario): string => {
  const from = options.from ?? '+493023125900';
  const { media, headers = [], hangup = 'caller' } = options;
  const invite = [
    ...callerHead('INVITE', 'sip:[service]@[remote_ip]:[remote_port]', from, 1, ''),
    ...headers,
  ];
  const ack = [...callerHead('ACK', '[next_url]', from, 1, '[peer_tag_param]').slice(0, -1), '[routes]'];
  const bye = [...callerHead('BYE', '[next_url]', from, 2, '[peer_tag_param]'), '[routes]'];
  const byCaller = ['<pause/>', send(message(bye), 'retrans="500"'), '<recv response="200"/>'];
  const byLine = ['<recv request="BYE"/>', answerRequest()];
  return scenario(
    [
      send(message(invite, sdp(media)), 'retrans="500" start_rtd="invite"'),
      '<recv response="100" optional="true"/>',
      '<recv response="180" optional="true"/>',
      '<recv response="183" optional="true"/>',
      `<recv response="200" rrs="true" rtd="invite">${noteAudio}</recv>`,
      send(message(ack)),
      play(media),
      ...(hangup === 'caller' ? byCaller : byLine),
    ],
    AUDIO_VARIABLES,
  );
};

const answerRequest = (): string =>
  send(
    message([
      'SIP/2.0 200 OK',
      '[last_Via:]',
      '[last_From:]',
      '[last_To:]',
      '[last_Call-ID:]',
      '[last_CSeq:]',
    ]),
  );

const response = (status: number, reason: string): string[] => [
  `SIP/2.0 ${status} ${reason}`,
  '[last_Via:]',
  '[last_From:]',
  '[last_To:];tag=[pid]l[call_number]',
  '[last_Call-ID:]',
  '[last_CSeq:]',
  '[last_Record-Route:]',
  'Contact: <sip:line@[local_ip]:[local_port];transport=[transport]>',
];

export type LineScenario = {
  readonly media: SippMedia;
  /** Milliseconds of ringing. Default 20. */
  readonly ringMs?: number;
  /** Who says BYE. Default: the caller; the line does after the pause. */
  readonly hangup?: 'caller' | 'line';
};

/** A line that rings, answers and talks until one side hangs up. */
export const lineScenario = ({ media, ringMs = 20, hangup = 'caller' }: LineScenario): string => {
  const bye = [
    'BYE [next_url] SIP/2.0',
    'Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch];rport',
    'Max-Forwards: 70',
    'From: [$to];tag=[pid]l[call_number]',
    'To: [$from]',
    'Call-ID: [call_id]',
    'CSeq: 2 BYE',
  ];
  const names = [
    '<action>',
    '<ereg regexp=".*" search_in="hdr" header="From:" assign_to="from"/>',
    '<ereg regexp=".*" search_in="hdr" header="To:" assign_to="to"/>',
    '</action>',
  ].join('');
  const byLine = ['<pause/>', send(message(bye), 'retrans="500"'), '<recv response="200"/>'];
  return scenario(
    [
      `<recv request="INVITE" rrs="true">${names.replace('</action>', '')}${noteAudio.replace('<action>', '')}</recv>`,
      send(message(response(180, 'Ringing'))),
      `<pause milliseconds="${ringMs}"/>`,
      send(message(response(200, 'OK'), sdp(media)), 'retrans="500"'),
      '<recv request="ACK"/>',
      play(media),
      ...(hangup === 'line' ? byLine : ['<recv request="BYE"/>', answerRequest()]),
    ],
    `${AUDIO_VARIABLES},from,to`,
  );
};

/** A line that refuses after `ringMs` of ringing. */
export const refusingLine = (status: number, reason: string, ringMs = 50): string =>
  scenario(
    [
      `<recv request="INVITE">${noteAudio}</recv>`,
      send(message(response(180, 'Ringing'))),
      `<pause milliseconds="${ringMs}"/>`,
      send(message(response(status, reason)), 'retrans="500"'),
      '<recv request="ACK"/>',
    ],
    AUDIO_VARIABLES,
  );

const noteSequence =
  '<action><ereg regexp="([0-9]+)" search_in="hdr" header="CSeq:" check_it="true" assign_to="skip3,seq"/>';

/** A line that rings until the gateway cancels. */
export const unansweredLine = (): string =>
  scenario(
    [
      `<recv request="INVITE">${noteSequence}${noteAudio.replace('<action>', '')}</recv>`,
      send(message(response(180, 'Ringing'))),
      '<recv request="CANCEL"/>',
      answerRequest(),
      send(
        message([
          'SIP/2.0 487 Request Terminated',
          '[last_Via:]',
          '[last_From:]',
          '[last_To:];tag=[pid]l[call_number]',
          '[last_Call-ID:]',
          'CSeq: [$seq] INVITE',
        ]),
        'retrans="500"',
      ),
      '<recv request="ACK"/>',
    ],
    `${AUDIO_VARIABLES},skip3,seq`,
  );

/** A call that is refused with `status`, which the scenario demands. */
export const refusedCaller = (status: number, media: SippMedia, from = '+493023125900'): string =>
  scenario(
    [
      send(
        message(callerHead('INVITE', 'sip:[service]@[remote_ip]:[remote_port]', from, 1, ''), sdp(media)),
        'retrans="500"',
      ),
      '<recv response="100" optional="true"/>',
      '<recv response="180" optional="true"/>',
      '<recv response="183" optional="true"/>',
      `<recv response="${status}"/>`,
      send(
        message(
          callerHead('ACK', 'sip:[service]@[remote_ip]:[remote_port]', from, 1, '[peer_tag_param]').slice(
            0,
            -1,
          ),
        ).replace('branch=[branch]', 'branch=[branch-5]'),
      ),
    ],
    'unused',
  ).replace('<Reference variables="unused"/>\n', '');
