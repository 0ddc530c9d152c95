export { createEchoLine, type EchoLine } from './echo.ts';
export { selfTestCredentials, selfTestTrunk } from './self-test-trunk.ts';
export { placeTestCall, type TestCallOptions, type TestCallResult } from './test-call.ts';
