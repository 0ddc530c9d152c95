/** What the light script says itself; the button's own words come from the gateway. */
export const buttonWordsEn = {
  browser: 'Call in the browser',
  dial: 'Call by phone',
};

export type ButtonWords = typeof buttonWordsEn;

/** What is said before, during and after a call. */
export const panelWordsEn = {
  locale: 'en',
  direction: 'ltr' as 'ltr' | 'rtl',
  close: 'Close',
  back: 'Back',
  cancel: 'Cancel',
  starting: 'One moment …',

  sheet: {
    intents: 'What is it about?',
    choose: 'Please choose one.',
    call: 'Call now',
    next: 'Next',
    microphone:
      'Your browser will ask whether this page may use the microphone. It is used for this call only.',
    microphoneGranted: 'You talk through this device’s microphone.',
    voicemail: 'Nobody is there at the moment. You can leave a message after the tone.',
  },

  verify: {
    title: 'Confirm your number',
    why: 'We send a code by SMS to your mobile number.',
    number: 'Mobile number',
    numberHint: 'With the country code, such as +1 or +49.',
    send: 'Send code',
    sent: (number: string) => `The code was sent to ${number}. It is good for 5 minutes.`,
    code: 'Code of the SMS',
    check: 'Confirm',
    again: 'Send another code',
    againIn: (seconds: number) => `Another code can be sent in ${seconds} s.`,
    other: 'Use another number',
  },

  explain: {
    title: 'May we use your microphone?',
    why: 'Your browser asks in a moment. Choose “Allow”, so that you can be heard. The microphone is used for this call only.',
    go: 'Continue',
    listen: 'Call without a microphone',
    listenHint: 'You hear us; we don’t hear you.',
    deniedTitle: 'The microphone is blocked for this page',
    denied:
      'Open the icon next to the page’s address, allow the microphone there, and try again. Or call without one: then you only listen.',
    again: 'Try again',
  },

  offer: {
    title: {
      closed: 'We are closed at the moment',
      'no-web': 'Call us by phone',
      insecure: 'Call us by phone',
      'no-webrtc': 'Call us by phone',
      framed: 'Call us by phone',
      other: 'Other ways to reach us',
    },
    why: {
      closed: '',
      'no-web': 'Calls from the browser are not possible just now.',
      insecure: 'This page is not served over HTTPS, so the browser gives it no microphone.',
      'no-webrtc': 'This browser can’t make calls.',
      framed: 'The page around this one does not allow it to use the microphone.',
      other: '',
    },
    opens: (when: string) => `We open again: ${when}.`,
    number: 'Our number',
    qr: 'Scan with your phone to call',
    callback: 'We call you back',
    yours: 'Your number',
    ask: 'Call me back',
    consentMissing: 'Please agree to be called, so that we may do so.',
  },

  asked: {
    title: 'We call you back',
    now: 'Your phone will ring in a moment. Keep it at hand.',
    later: (when: string) => `We call you: ${when}.`,
  },

  call: {
    title: 'Call',
    preparing: 'Getting ready …',
    microphone: 'Allow the microphone in your browser …',
    connecting: 'Connecting …',
    ringing: 'Ringing …',
    talking: 'Connected',
    held: 'You are on hold',
    reconnecting: 'The connection broke. Connecting again …',
    listening: 'You are listening only; we don’t hear you.',
    time: 'Time talked',
    mute: 'Mute',
    unmute: 'Unmute',
    muted: 'Your microphone is off.',
    keypad: 'Keypad',
    keys: 'Keys sent',
    sound: 'Sound',
    minimise: 'Make small',
    restore: 'Show call',
    hangUp: 'Hang up',
    escape: 'Press Esc again to hang up.',
    yourMicrophone: 'Microphone',
    yourSpeaker: 'Loudspeaker',
    system: 'As the system says',
    device: (index: number) => `Device ${index}`,
    level: 'Loudness of your microphone',
    hear: 'Can’t hear me?',
    hearWhy: 'Records three seconds of your voice and plays them to you. Nobody else hears it.',
    hearGo: 'Test my microphone',
    hearRecording: 'Speak now …',
    hearPlaying: 'This is how you sound …',
    verdicts: {
      silent: 'Nothing came from your microphone. Is it switched on, and the right one?',
      quiet: 'You can hardly be heard. Come nearer, or turn the microphone up.',
      good: 'You can be heard well.',
      loud: 'You are too loud: the sound is distorted. Turn the microphone down.',
    },
    hearFailed: 'The microphone could not be tested.',
    playSound: 'Turn sound on',
    warnings: {
      rtt: 'The connection is slow: what you say arrives late.',
      jitter: 'The connection is unsteady.',
      loss: 'Parts of the sound get lost on the way.',
      mos: 'The connection is poor.',
      mic: 'Nothing comes from your microphone.',
    },
  },

  problems: {
    'insecure-origin': 'This page is not served over HTTPS, so the browser gives it no microphone.',
    'no-webrtc': 'This browser can’t make calls.',
    'refused-person':
      'The microphone was not allowed. Open the icon next to the page’s address, allow it there, and try again.',
    'refused-dismissed': 'The browser’s question was closed. Try again and choose “Allow”.',
    'refused-system':
      'The system does not let the browser use the microphone. Allow it in the settings of your device, and try again.',
    'microphone-framed': 'The page around this one does not allow it to use the microphone.',
    'no-microphone': 'There is no microphone on this device. Plug one in, or call and only listen.',
    'microphone-busy': 'Another program uses the microphone. Close it, and try again.',
    'microphone-unfit': 'This microphone can’t be used. Choose another one, and try again.',
    'gone-microphone': (label: string) => `${label || 'The microphone'} is gone; another one is used.`,
    'gone-microphone-all': (label: string) => `${label || 'The microphone'} is gone. We don’t hear you.`,
    'gone-speaker': (label: string) => `${label || 'The loudspeaker'} is gone; another one is used.`,
    'gone-speaker-all': (label: string) => `${label || 'The loudspeaker'} is gone. You don’t hear us.`,
    'no-sound-yet': 'The browser holds the sound back until you press here.',
    again: 'Try again',
    listen: 'Call and only listen',
    other: 'Other ways to reach us',
  },

  ended: {
    failed: 'No call',
    reasons: {
      'hung-up': 'The call has ended.',
      busy: 'All our lines are busy. Try again in a few minutes.',
      'no-answer': 'Nobody could answer just now.',
      closed: 'We are closed at the moment.',
      refused: 'The call could not be put through.',
      'too-many': 'Too many calls were made from here.',
      unreachable: 'The gateway could not be reached. A firewall may be in the way.',
      lost: 'The connection broke and could not be made again.',
      'longest-time': 'The longest time for a call is over.',
      unable: 'This browser can’t make calls.',
      failed: 'Something went wrong.',
    },
    codes: {
      origin: 'Calls are not allowed from this page.',
      verify: 'Your number has to be confirmed first.',
      intent: 'Please choose what the call is about.',
      'unknown-button': 'This button is not in use any more.',
      'no-web': 'Calls from the browser are not possible just now.',
      work: 'Your browser took too long to answer the gateway’s question.',
      offline: 'You are not connected to the internet.',
    } as Readonly<Record<string, string>>,
    retryIn: (seconds: number) => `Try again in ${seconds} s.`,
    retryLater: 'Try again later.',
    rate: 'How was the call?',
    stars: (count: number) => (count === 1 ? '1 star' : `${count} stars`),
    thanks: 'Thank you.',
    again: 'Call again',
  },

  /** Why a number or a code was not taken, or nothing came of it. */
  refused: {
    empty: 'Please enter your number.',
    'empty-code': 'Please enter the code.',
    number: 'This is no mobile number that we can reach.',
    'not-allowed': 'We can’t reach numbers of this country.',
    emergency: 'This is an emergency number. Dial it on your phone.',
    'not-sent': 'The SMS could not be sent. Try again later.',
    'too-many': 'This was tried too often. Try again later.',
    wrong: (left: number) =>
      left > 0 ? `This code is wrong. ${left} more ${left === 1 ? 'try' : 'tries'}.` : 'This code is wrong.',
    over: 'This code is no longer good. Send another one.',
    consent: 'Please agree to be called, so that we may do so.',
    blocked: 'We don’t call this number.',
    disabled: 'We can’t call back at the moment.',
    unreachable: 'The gateway could not be reached. Check your connection.',
    failed: 'Something went wrong. Try again later.',
  },
};

export type PanelWords = typeof panelWordsEn;
