/** Folder and version of this package. */

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder with package.json, found from the sources and from the build. */
function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (manifestIn(folder)?.name !== 'smartpersona') {
    const above = dirname(folder);
    if (above === folder) throw new Error('the folder of the package cannot be found');
    folder = above;
  }
  return folder;
}

export function productVersion(): string {
  return manifestIn(packageRoot())!.version;
}

function manifestIn(folder: string): { name: string; version: string } | null {
  const path = join(folder, 'package.json');
  return existsSync(path)
    ? (JSON.parse(readFileSync(path, 'utf8')) as { name: string; version: string })
    : null;
}
