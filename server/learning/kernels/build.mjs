// Compiles the AssemblyScript kernels and writes the binary as a module, so that the same import works from the
// sources, from dist and inside a worker thread, with no file to be found at run time.
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import asc from 'assemblyscript/asc';

const here = dirname(fileURLToPath(import.meta.url));
const { error, binary, stderr } = await compile();
if (error !== null) {
  process.stderr.write(stderr.toString());
  process.exit(1);
}
const folder = join(here, 'generated');
await mkdir(folder, { recursive: true });
await writeFile(
  join(folder, 'kernels-binary.ts'),
  `/** Made by build.mjs. */\nexport const KERNELS_BASE64 =\n  '${Buffer.from(binary).toString('base64')}';\n`,
);

async function compile() {
  let binary = null;
  const result = await asc.main(
    [
      join(here, 'assembly/index.ts'),
      '--outFile',
      'kernels.wasm',
      ...[
        '-O3',
        '--noAssert',
        '--runtime',
        'stub',
        '--use',
        'abort=',
        '--enable',
        'simd',
        '--enable',
        'threads',
      ],
      ...['--importMemory', '--sharedMemory', '--initialMemory', '2', '--maximumMemory', '65536'],
    ],
    {
      writeFile: (name, contents) => {
        if (name.endsWith('.wasm')) binary = contents;
      },
    },
  );
  return { ...result, binary };
}
