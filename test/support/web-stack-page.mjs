// Runs in the page: a telephone made of JsSIP or of SIP.js's SimpleUser, as their documentation shows it. `stack` is a global.
import JsSIP from 'jssip';
import { SimpleUser } from 'sip.js/lib/platform/web/index.js';

/** What a test may do to offers and answers before they are sent: lines of SDP in, lines out. */
const mungers = {
  /** G.711 A-law and no other codec. */
  pcmaOnly: (sdp) => keepTypes(sdp, /^(?:PCMA|telephone-event)\/8000/i),
  noTelephoneEvent: (sdp) => keepTypes(sdp, /^(?!telephone-event)/i),
  rtcpMuxOnly: (sdp) => sdp.replace(/a=rtcp-mux\r\n/g, 'a=rtcp-mux\r\na=rtcp-mux-only\r\n'),
  noCandidates: (sdp) => sdp.replace(/a=candidate:.*\r\n|a=end-of-candidates\r\n/g, ''),
  noSsrc: (sdp) => sdp.replace(/a=ssrc.*\r\n/g, ''),
};

const keepTypes = (sdp, wanted) => {
  const gone = [...sdp.matchAll(/^a=rtpmap:(\d+) (\S+)/gm)]
    .filter(([, , name]) => !wanted.test(name))
    .map(([, type]) => type);
  return sdp
    .split('\r\n')
    .filter((line) => !gone.some((type) => new RegExp(`^a=(?:rtpmap|fmtp|rtcp-fb):${type} `).test(line)))
    .map((line) => {
      if (!line.startsWith('m=audio')) return line;
      const [head, formats] = /^(m=audio \d+ \S+) (.*)$/.exec(line).slice(1);
      return `${head} ${formats
        .split(' ')
        .filter((type) => !gone.includes(type))
        .join(' ')}`;
    })
    .join('\r\n');
};

/** Our own descriptions: SIP.js shows its modifiers those of the gateway, too. */
const munged =
  (names = []) =>
  (sdp) =>
    sdp.includes('a=ice-lite') ? sdp : names.reduce((text, name) => mungers[name](text), sdp);

const play = (stream) => {
  const element = new Audio();
  element.srcObject = stream;
  element.play();
  return element;
};

/** Streams that a page may have besides its audio. */
const enrich = (peer, { video, data }) => {
  if (video) peer.addTransceiver('video');
  if (data) peer.createDataChannel('chat');
};

const openJsSip = async ({ server, user, domain, password }) => {
  const events = [];
  const offered = [];
  let session;
  let ringing;
  let element;
  let beside = {};
  const agent = new JsSIP.UA({
    sockets: [new JsSIP.WebSocketInterface(server)],
    uri: `sip:${user}@${domain}`,
    password,
    session_timers_refresh_method: 'UPDATE',
  });
  const attend = (next) => {
    session = next;
    const note = (name) =>
      next.on(name, (data) => events.push([name, data?.cause ?? data?.originator ?? null]));
    for (const name of [
      'progress',
      'accepted',
      'confirmed',
      'ended',
      'failed',
      'hold',
      'unhold',
      'reinvite',
      'update',
    ])
      note(name);
    next.on('sdp', (data) => {
      if (data.originator !== 'local') {
        offered.push(`${data.type} ${data.sdp}`);
        return;
      }
      data.sdp = munged(beside.munge)(data.sdp);
    });
    if (beside.eager)
      next.on('icecandidate', ({ ready }) => {
        ready();
      });
    const hear = (peer) =>
      peer.addEventListener('track', ({ track }) => {
        if (track.kind === 'audio') element = play(new MediaStream([track]));
      });
    if (next.connection) {
      hear(next.connection);
      enrich(next.connection, beside);
    } else
      next.on('peerconnection', ({ peerconnection }) => {
        hear(peerconnection);
      });
    next.on('newInfo', ({ info }) => events.push(['info', info.body]));
  };
  agent.on('newRTCSession', ({ session: next, originator }) => {
    attend(next);
    if (originator === 'remote') ringing = next;
  });
  const registered = new Promise((resolve, reject) => {
    agent.on('registered', resolve);
    agent.on('registrationFailed', ({ cause }) => reject(new Error(cause)));
  });
  agent.start();
  await registered;
  const options = { mediaConstraints: { audio: true, video: false } };
  const done = (act) =>
    new Promise((resolve, reject) => {
      if (act(resolve, reject) === false) reject(new Error('not ready'));
    });
  return {
    events: () => events,
    offered: () => offered,
    ringing: () => ringing !== undefined && !ringing.isEnded() && !ringing.isEstablished(),
    established: () => session?.isEstablished() ?? false,
    over: () => session === undefined || session.isEnded(),
    call: (target, wishes = {}) => {
      beside = wishes;
      agent.call(`sip:${target}@${domain}`, options);
    },
    answer: (wishes = {}) => {
      beside = wishes;
      ringing.answer(options);
    },
    hangUp: () => session.terminate(),
    hold: (on) => done((resolve) => (on ? session.hold({}, resolve) : session.unhold({}, resolve))),
    info: (keys) => session.sendDTMF(keys, { transportType: 'INFO' }),
    keys: (keys) => session.sendDTMF(keys, { transportType: 'RFC2833' }),
    restart: (useUpdate) =>
      done((resolve) =>
        session.renegotiate({ useUpdate, rtcOfferConstraints: { iceRestart: true } }, resolve),
      ),
    renegotiate: (useUpdate) => done((resolve) => session.renegotiate({ useUpdate }, resolve)),
    transfer: (target) =>
      done((resolve, reject) => {
        session.refer(`sip:${target}@${domain}`, {
          eventHandlers: {
            accepted: resolve,
            failed: () => reject(new Error('the transfer failed')),
            requestFailed: () => reject(new Error('REFER was refused')),
          },
        });
      }),
    connection: () => session?.connection,
    element: () => element,
    close: () => agent.stop(),
  };
};

const openSipJs = async ({ server, user, domain, password }) => {
  const events = [];
  const offered = [];
  const element = new Audio();
  let ringing = false;
  let established = false;
  let held = () => undefined;
  let wishes = {};
  const munge = (description) =>
    Promise.resolve({ ...description, sdp: munged(wishes.munge)(description.sdp) });
  const phone = new SimpleUser(server, {
    aor: `sip:${user}@${domain}`,
    media: { constraints: { audio: true, video: false }, remote: { audio: element } },
    userAgentOptions: {
      authorizationUsername: user,
      authorizationPassword: password,
      logLevel: 'error',
      sessionDescriptionHandlerFactoryOptions: { iceGatheringTimeout: 300 },
    },
    delegate: {
      onCallReceived: () => {
        ringing = true;
      },
      onCallAnswered: () => {
        ringing = false;
        established = true;
        events.push(['confirmed', null]);
      },
      onCallHangup: () => {
        ringing = false;
        established = false;
        events.push(['ended', null]);
      },
      onCallHold: () => held(),
      onCallDTMFReceived: (tone) => events.push(['info', tone]),
    },
  });
  await phone.connect();
  await phone.register();
  const manager = phone.sessionManager;
  await new Promise((resolve) => {
    const poll = () => (manager.registerer?.state === 'Registered' ? resolve() : setTimeout(poll, 50));
    poll();
  });
  const handler = () => phone.session?.sessionDescriptionHandler;
  return {
    events: () => events,
    offered: () => offered,
    ringing: () => ringing,
    established: () => established,
    over: () => phone.session === undefined,
    call: (target, beside = {}) => {
      wishes = beside;
      return phone.call(`sip:${target}@${domain}`, { sessionDescriptionHandlerModifiers: [munge] });
    },
    answer: (beside = {}) => {
      wishes = beside;
      return phone.answer({ sessionDescriptionHandlerModifiers: [munge] });
    },
    hangUp: () => phone.hangup(),
    hold: async (on) => {
      // Its own promise ends with the request, not with the answer.
      const done = new Promise((resolve) => {
        held = resolve;
      });
      await (on ? phone.hold() : phone.unhold());
      await done;
    },
    info: async (keys) => {
      for (const key of keys) await phone.sendDTMF(key);
    },
    keys: (keys) => handler().sendDtmf(keys),
    restart: () =>
      new Promise((resolve, reject) => {
        phone.session
          .invite({
            sessionDescriptionHandlerOptions: { offerOptions: { iceRestart: true } },
            requestDelegate: { onAccept: resolve, onReject: () => reject(new Error('refused')) },
          })
          .catch(reject);
      }),
    renegotiate: () =>
      new Promise((resolve, reject) => {
        phone.session
          .invite({ requestDelegate: { onAccept: resolve, onReject: () => reject(new Error('refused')) } })
          .catch(reject);
      }),
    transfer: (target) => manager.transfer(phone.session, `sip:${target}@${domain}`),
    connection: () => handler()?.peerConnection,
    element: () => element,
    close: () => phone.disconnect(),
  };
};

let descriptions = 0;
const { setRemoteDescription } = RTCPeerConnection.prototype;
RTCPeerConnection.prototype.setRemoteDescription = function (...parts) {
  descriptions += 1;
  return setRemoteDescription.apply(this, parts);
};

globalThis.stack = {
  async open(library, account) {
    globalThis.stack.phone = await (library === 'JsSIP' ? openJsSip : openSipJs)(account);
  },
  async act(name, ...inputs) {
    await globalThis.stack.phone[name](...inputs);
  },
  state() {
    const { phone } = globalThis.stack;
    const connection = phone.connection();
    return {
      ringing: phone.ringing(),
      established: phone.established(),
      over: phone.over(),
      descriptions,
      events: phone.events(),
      connection: connection?.connectionState ?? null,
      signaling: connection?.signalingState ?? null,
      local: connection?.localDescription?.sdp ?? null,
      remote: connection?.remoteDescription?.sdp ?? null,
    };
  },
  /** The pair of candidates that carries the audio. */
  async pair() {
    const all = [...(await globalThis.stack.phone.connection().getStats()).values()];
    const transport = all.find(({ type }) => type === 'transport');
    const pair = all.find(({ id }) => id === transport.selectedCandidatePairId);
    const of = (id) => {
      const { protocol, address, port, candidateType } = all.find((each) => each.id === id);
      return { protocol, address, port, candidateType };
    };
    return { local: of(pair.localCandidateId), remote: of(pair.remoteCandidateId) };
  },
};
