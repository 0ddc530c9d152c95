import { describe, expect, it } from 'vitest';
import { parseMessage } from '../../../../src/sip-engine/message/index.ts';

const MESSAGE = [
  'MESSAGE sip:bob@example.com SIP/2.0',
  'Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK776',
  'From: "Jörg" <sip:alice@example.com>;tag=88sja8x',
  'To: <sip:bob@example.com>',
  'Call-ID: 987asjd97y7atg',
  'CSeq: 7 MESSAGE',
  'Subject: folded',
  ' twice',
  'Content-Type: text/plain',
  'Content-Length: 6',
  '',
  'a\n\nb\nc',
].join('\r\n');

const parse = (text: string) => parseMessage(Buffer.from(text));

describe('a message with LF for line ends', () => {
  it('reads as if they were right, its body untouched', () => {
    const usual = parse(MESSAGE);
    expect(usual.ok).toBe(true);
    expect(parse(MESSAGE.replaceAll('\r\n', '\n'))).toEqual(usual);
  });

  it('is none when a CR is anywhere, or when no empty line ends its head', () => {
    const feeds = MESSAGE.replaceAll('\r\n', '\n');
    const [head = ''] = feeds.split('\n\n');
    for (const text of [feeds.replace('folded', 'fol\rded'), feeds.replace('a\n', 'a\r'), head])
      expect(parse(text).ok).toBe(false);
  });
});
