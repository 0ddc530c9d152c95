declare module 'sip' {
  const sip: { parse(message: string): unknown };
  export = sip;
}

declare module 'jssip/lib/Parser.js' {
  const parser: { parseMessage(message: string, agent: object): unknown };
  export = parser;
}
