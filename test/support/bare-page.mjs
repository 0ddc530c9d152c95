// Runs in a bare page: one RTCPeerConnection, no softphone, no signalling. `barePeer` is a global of the page.
(async () => {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 8192;
  analyser.smoothingTimeConstant = 0;
  const bins = new Float32Array(analyser.frequencyBinCount);
  // Tones are what these filters take for noise.
  const media = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
  const stream = await navigator.mediaDevices.getUserMedia({ audio: media });
  let source;
  let peer;
  let transceiver;

  const hear = ({ track }) => {
    if (track.kind !== 'audio') return;
    const heard = new MediaStream([track]);
    // Chromium plays a remote stream to WebAudio only while an element plays it.
    const element = new Audio();
    element.srcObject = heard;
    element.muted = true;
    element.play();
    source?.disconnect();
    source = context.createMediaStreamSource(heard);
    source.connect(analyser);
  };

  const renew = () => {
    peer?.close();
    transceiver = undefined;
    peer = new RTCPeerConnection();
    peer.ontrack = hear;
  };
  renew();

  const speak = () => {
    if (transceiver !== undefined) return;
    peer.addTrack(stream.getAudioTracks()[0], stream);
    transceiver = peer.getTransceivers()[0];
  };

  const gathered = async () => {
    if (peer.iceGatheringState !== 'complete') {
      await new Promise((resolve) => {
        peer.onicegatheringstatechange = () => {
          if (peer.iceGatheringState === 'complete') resolve();
        };
      });
    }
    return peer.localDescription.sdp;
  };

  globalThis.barePeer = {
    async offer({ video, iceRestart }) {
      speak();
      if (video) peer.addTransceiver('video');
      await peer.setLocalDescription(await peer.createOffer({ iceRestart }));
      return gathered();
    },
    takeAnswer: (sdp) => peer.setRemoteDescription({ type: 'answer', sdp }),
    async answer(sdp) {
      await peer.setRemoteDescription({ type: 'offer', sdp });
      speak();
      await peer.setLocalDescription(await peer.createAnswer());
      return gathered();
    },
    direct(direction) {
      transceiver.direction = direction;
    },
    press: (digits) => transceiver.sender.dtmf.insertDTMF(digits, 100, 70),
    hears() {
      analyser.getFloatFrequencyData(bins);
      let loudest = 1;
      for (let i = 1; i < bins.length; i += 1) if (bins[i] > bins[loudest]) loudest = i;
      // Silence is -Infinity, which JSON lacks.
      const level = Math.max(-200, bins[loudest]);
      return { frequency: (loudest * context.sampleRate) / analyser.fftSize, level };
    },
    connectionState: () => peer.connectionState,
    async cipher() {
      const all = [...(await peer.getStats()).values()];
      return all.find(({ type }) => type === 'transport')?.srtpCipher;
    },
    async received() {
      const all = [...(await peer.getStats()).values()];
      return all.find(({ type }) => type === 'inbound-rtp')?.packetsReceived ?? 0;
    },
    renew,
  };
})();
