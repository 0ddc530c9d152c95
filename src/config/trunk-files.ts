import { accessSync, constants } from 'node:fs';
import { resolve } from 'node:path';
import { errorCode, errorMessage, type Problem } from '../base/errors.ts';
import type { TrunkConfig } from './gateway-schema.ts';

const FIELDS = ['caFile', 'certFile', 'keyFile'] as const;

const fault = (file: string): string | undefined => {
  try {
    accessSync(file, constants.R_OK);
    return undefined;
  } catch (error) {
    return errorCode(error) === 'ENOENT'
      ? `there is no file ${file}`
      : `${file} can't be read: ${errorMessage(error)}`;
  }
};

/** Files of the trunks' `tls` that are missing or closed to this user. */
export const trunkFileProblems = (
  trunks: readonly Pick<TrunkConfig, 'tls'>[],
  folder: string,
): readonly Problem[] =>
  trunks.flatMap(({ tls }, index) =>
    FIELDS.flatMap((field) => {
      const file = tls?.[field];
      const message = file === undefined ? undefined : fault(resolve(folder, file));
      if (message === undefined) return [];
      const mend = 'name a PEM file that this user may read';
      return [{ path: `trunks[${index}].tls.${field}`, message, mend }];
    }),
  );
