// Compiles the AssemblyScript kernels and writes the binaries as modules, so that the same import works from the
// sources, from dist and inside a worker thread, with no file to be found at run time.
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import asc from 'assemblyscript/asc';

/** Threads of a process share the imported memory. */
const SHARED = ['--enable', 'threads', '--importMemory', '--sharedMemory'];

const here = dirname(fileURLToPath(import.meta.url));
const folder = join(here, 'generated');
await mkdir(folder, { recursive: true });
await emit('kernels-binary.ts', 'KERNELS_BASE64', SHARED);
// With a memory of its own, for the processes of a cluster.
await emit('unshared-binary.ts', 'UNSHARED_KERNELS_BASE64', []);

async function emit(file, name, memory) {
  const { error, binary, stderr } = await compile(memory);
  if (error !== null) {
    process.stderr.write(stderr.toString());
    process.exit(1);
  }
  const base64 = Buffer.from(binary).toString('base64');
  await writeFile(join(folder, file), `/** Made by build.mjs. */\nexport const ${name} =\n  '${base64}';\n`);
}

async function compile(memory) {
  let binary = null;
  const result = await asc.main(
    [
      join(here, 'assembly/index.ts'),
      '--outFile',
      'kernels.wasm',
      ...['-O3', '--noAssert', '--runtime', 'stub', '--use', 'abort=', '--enable', 'simd'],
      ...memory,
      ...['--initialMemory', '2', '--maximumMemory', '65536'],
    ],
    {
      writeFile: (name, contents) => {
        if (name.endsWith('.wasm')) binary = contents;
      },
    },
  );
  return { ...result, binary };
}
