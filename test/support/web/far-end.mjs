// Runs in the page: the other side of a call, a second connection that sends a tone.

const gathered = async (connection) => {
  while (connection.iceGatheringState !== 'complete') await new Promise((resolve) => setTimeout(resolve, 20));
  return connection.localDescription.sdp;
};

const open = () => {
  const context = new AudioContext();
  const [oscillator, output] = [context.createOscillator(), context.createMediaStreamDestination()];
  oscillator.connect(output);
  oscillator.start();
  const connection = new RTCPeerConnection();
  for (const track of output.stream.getTracks()) connection.addTrack(track, output.stream);
  return connection;
};

let connection;

globalThis.far = {
  /** A new connection with a certificate of its own. */
  offer: async () => {
    connection?.close();
    connection = open();
    await connection.setLocalDescription(await connection.createOffer());
    return gathered(connection);
  },
  accept: (sdp) => connection.setRemoteDescription({ type: 'answer', sdp }),
  answer: async (sdp, again) => {
    if (!again) connection = open();
    await connection.setRemoteDescription({ type: 'offer', sdp });
    await connection.setLocalDescription(await connection.createAnswer());
    return gathered(connection);
  },
  state: () => connection.connectionState,
  close: () => connection.close(),
};
