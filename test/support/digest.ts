import { createHash } from 'node:crypto';

export type Account = { readonly username: string; readonly password: string };

const md5 = (text: string): string => createHash('md5').update(text).digest('hex');

/** The value of a parameter of a digest header, quoted or not. */
export const parameterOf = (header: string, name: string): string | undefined =>
  header.match(new RegExp(`[\\s,]${name}="?([^",]*)"?`, 'i'))?.[1];

type Answer = Account & {
  readonly realm: string;
  readonly nonce: string;
  readonly method: string;
  readonly uri: string;
  readonly cnonce: string;
  readonly count: string;
};

/** RFC 7616 3.4.1 with MD5 and qop=auth. */
const responseOf = ({ username, password, realm, nonce, method, uri, cnonce, count }: Answer): string =>
  md5(
    `${md5(`${username}:${realm}:${password}`)}:${nonce}:${count}:${cnonce}:auth:${md5(`${method}:${uri}`)}`,
  );

/** Authorization or Proxy-Authorization that answers a challenge. */
export const authorization = (
  challenge: string,
  account: Account,
  method: string,
  uri: string,
  count = '00000001',
): string => {
  const [realm = '', nonce = ''] = [parameterOf(challenge, 'realm'), parameterOf(challenge, 'nonce')];
  const cnonce = 'c0ffee';
  const response = responseOf({ ...account, realm, nonce, method, uri, cnonce, count });
  return (
    `Digest username="${account.username}", realm="${realm}", nonce="${nonce}", uri="${uri}", ` +
    `response="${response}", algorithm=MD5, cnonce="${cnonce}", qop=auth, nc=${count}`
  );
};

/** Whether a request's credentials prove that its sender knows the account. */
export const proves = (credentials: string | undefined, account: Account, method: string): boolean => {
  if (credentials === undefined) return false;
  const get = (name: string): string => parameterOf(credentials, name) ?? '';
  const [realm, nonce, uri, response] = [get('realm'), get('nonce'), get('uri'), get('response')];
  if (get('username') !== account.username) return false;
  if (get('qop') === '') {
    const { username, password } = account;
    return response === md5(`${md5(`${username}:${realm}:${password}`)}:${nonce}:${md5(`${method}:${uri}`)}`);
  }
  return (
    response ===
    responseOf({ ...account, realm, nonce, method, uri, cnonce: get('cnonce'), count: get('nc') })
  );
};
