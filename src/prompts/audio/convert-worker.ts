import { parentPort } from 'node:worker_threads';
import { errorMessage, UsageError } from '../../base/errors.ts';
import { convertWav } from './convert.ts';
import type { ConvertReply, ConvertRequest } from './converter.ts';

const convert = ({ id, bytes }: ConvertRequest): ConvertReply => {
  try {
    return { id, ok: true, samples: convertWav(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)) };
  } catch (error) {
    return { id, ok: false, message: errorMessage(error), isUsage: error instanceof UsageError };
  }
};

parentPort?.on('message', (request: ConvertRequest) => {
  const reply = convert(request);
  parentPort?.postMessage(reply, reply.ok ? [reply.samples.buffer as ArrayBuffer] : []);
});
