import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The first program of a name that can be run, in the folders of PATH; null when there is none. */
export function findProgram(name: string, path: string): string | null {
  const file = process.platform === 'win32' ? `${name}.exe` : name;
  for (const folder of path.split(delimiter).filter(Boolean)) {
    const candidate = join(folder, file);
    try {
      accessSync(candidate, constants.X_OK);
      return candidate;
    } catch {
      // Not here.
    }
  }
  return null;
}
