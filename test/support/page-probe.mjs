// Runs in the page before its own scripts: what a test hears, and how it meddles with what the page sends.
// `probe` is a global of the page; nothing of the product knows of it.
(() => {
  const WINDOW = 4096;
  /** Of a sine at full scale, in dB. */
  const AUDIBLE = -40;
  let context;
  const ears = new Map();

  // Tones are what these filters take for noise.
  const raw = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
  const devices = navigator.mediaDevices;
  if (devices) {
    const getUserMedia = devices.getUserMedia.bind(devices);
    devices.getUserMedia = (constraints) => {
      const audio = constraints?.audio;
      if (!audio) return getUserMedia(constraints);
      return getUserMedia({ ...constraints, audio: { ...(audio === true ? {} : audio), ...raw } });
    };
  }

  let rewrite = [];
  const { send } = WebSocket.prototype;
  WebSocket.prototype.send = function (data) {
    const text =
      typeof data !== 'string' ? data : rewrite.reduce((all, [from, to]) => all.replace(from, to), data);
    send.call(this, text);
  };

  const peers = new Set();
  const Plain = globalThis.RTCPeerConnection;
  if (Plain) {
    globalThis.RTCPeerConnection = class extends Plain {
      constructor(...parts) {
        super(...parts);
        peers.add(this);
      }
      close() {
        peers.delete(this);
        super.close();
      }
    };
  }

  /** What plays in an audio element, as samples. */
  const earOf = (element) => {
    const stream = element.srcObject;
    const [track] = stream.getAudioTracks();
    const known = ears.get(element);
    if (known?.track === track) return known.analyser;
    const analyser = context.createAnalyser();
    analyser.fftSize = WINDOW;
    context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
    ears.set(element, { analyser, track });
    return analyser;
  };

  /** Level of a sine in dB of full scale (Goertzel under a Hann window). */
  const levelOf = (samples, frequency, rate) => {
    const turn = 2 * Math.cos((2 * Math.PI * frequency) / rate);
    let one = 0;
    let two = 0;
    for (let i = 0; i < samples.length; i += 1) {
      const hann = 1 - Math.cos((2 * Math.PI * i) / (samples.length - 1));
      const next = samples[i] * hann + turn * one - two;
      two = one;
      one = next;
    }
    const power = Math.max(one * one + two * two - turn * one * two, 1e-20);
    return 20 * Math.log10((2 * Math.sqrt(power)) / samples.length);
  };

  /** Elements that were told to play, in the document or not. */
  const players = new Set();
  const { play } = HTMLMediaElement.prototype;
  HTMLMediaElement.prototype.play = function () {
    players.add(this);
    return play.call(this);
  };

  /** What plays the sound of a connection, as opposed to ringing and key tones. */
  const elements = () => {
    const remote = new Set([...peers].flatMap((peer) => peer.getReceivers().map(({ track }) => track)));
    const all = new Set([...players, ...document.querySelectorAll('audio')]);
    return [...all].filter((each) => each.srcObject?.getAudioTracks().some((track) => remote.has(track)));
  };

  const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

  /** False where there is no sound card to run it, as for Firefox on a server. */
  const contextRuns = async () => {
    context ??= new AudioContext();
    if (context.state !== 'running') await Promise.race([context.resume(), sleep(500)]);
    return context.state === 'running';
  };

  const hearing = (frequencies) => {
    const heard = frequencies.map(() => 0);
    let windows = 0;
    let loudest = -Infinity;
    return {
      /** What each element plays in the same moment. */
      take(blocks, rate) {
        windows += 1;
        for (const samples of blocks) {
          const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
          loudest = Math.max(loudest, 10 * Math.log10(power + 1e-20));
        }
        for (const [index, frequency] of frequencies.entries())
          if (blocks.some((samples) => levelOf(samples, frequency, rate) > AUDIBLE)) heard[index] += 1;
      },
      report: () => ({ shares: heard.map((count) => (windows === 0 ? 0 : count / windows)), loudest }),
    };
  };

  const playing = () => elements().filter((each) => !each.muted && !each.paused);

  /** The samples that an element plays from now to `ms`, at 48 kHz. */
  const record = async (element, ms) => {
    const recorder = new MediaRecorder(new MediaStream(element.srcObject.getAudioTracks()));
    const parts = [];
    recorder.ondataavailable = ({ data }) => parts.push(data);
    recorder.start();
    await sleep(ms);
    const over = new Promise((resolve) => {
      recorder.onstop = resolve;
    });
    recorder.stop();
    await over;
    const bytes = await new Blob(parts).arrayBuffer();
    const decoded = await new OfflineAudioContext(1, 48_000, 48_000).decodeAudioData(bytes);
    return decoded.getChannelData(0);
  };

  const listenRecorded = async (frequencies, ms) => {
    const tracks = await Promise.all(playing().map((each) => record(each, ms).catch(() => undefined)));
    const present = tracks.filter((each) => each !== undefined);
    const { take, report } = hearing(frequencies);
    const length = Math.max(0, ...present.map((samples) => samples.length));
    for (let at = 0; at + WINDOW <= length; at += WINDOW)
      take(
        present
          .map((samples) => samples.subarray(at, at + WINDOW))
          .filter((block) => block.length === WINDOW),
        48_000,
      );
    return report();
  };

  const listenLive = async (frequencies, ms) => {
    const until = performance.now() + ms;
    const { take, report } = hearing(frequencies);
    for (const each of elements()) earOf(each);
    // The analysers hold what was there before.
    await sleep((WINDOW / 48) * 1.2);
    do {
      const blocks = playing().map((each) => {
        const samples = new Float32Array(WINDOW);
        earOf(each).getFloatTimeDomainData(samples);
        return samples;
      });
      take(blocks, context.sampleRate);
      await sleep(WINDOW / 48);
    } while (performance.now() < until);
    return report();
  };

  globalThis.probe = {
    /** Share of the time from now to `ms` in which each frequency is heard, and the loudest level of anything. */
    listen: async (frequencies, ms) =>
      (await contextRuns()) ? listenLive(frequencies, ms) : listenRecorded(frequencies, ms),
    /** Replaces in all that is sent over WebSockets from now on; pairs of pattern source and replacement. */
    rewrite(pairs) {
      rewrite = pairs.map(([from, to]) => [new RegExp(from, 'g'), to]);
    },
    /** getStats of each peer connection, as plain objects. */
    async stats() {
      return Promise.all([...peers].map(async (peer) => [...(await peer.getStats()).values()]));
    },
  };
})();
