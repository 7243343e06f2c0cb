/** The page shown while the server starts: a single file without scripts or images that reloads every second. */

export interface StartProgress {
  /** Name of the current stage, such as "Training". */
  readonly stage: string;
  /** Progress of this stage, 0..1; null if unknown. */
  readonly fraction: number | null;
  /** Text below the bar, such as "2,000 users". */
  readonly detail: string;
  /** When the process started, ms since the epoch. */
  readonly startedAt: number;
}

export function startingPage({ stage, fraction, detail, startedAt }: StartProgress): string {
  const seconds = Math.max(0, Math.round((Date.now() - startedAt) / 1_000));
  const value = fraction === null ? '' : ` value="${fraction.toFixed(3)}"`;
  const percentage = fraction === null ? '' : `${Math.round(fraction * 100)} %`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="1">
<title>SmartPersona is starting</title>
<style>
:root { color-scheme: light dark; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; font: 1rem/1.5 system-ui, sans-serif; }
main { width: min(30rem, 100vw - 3rem); }
h1 { font-size: 1.25rem; font-weight: 600; }
progress { width: 100%; height: 0.75rem; accent-color: #3f51b5; }
p { display: flex; justify-content: space-between; margin: 0.25rem 0; font-variant-numeric: tabular-nums; }
</style>
</head>
<body>
<main>
<h1>SmartPersona is starting</h1>
<p><span id="stage">${escaped(stage)}</span><span>${percentage}</span></p>
<progress aria-labelledby="stage" max="1"${value}></progress>
<p><span>${escaped(detail)}</span><span>${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')} elapsed</span></p>
<p>A first start simulates data and trains a model, which takes about a minute. This page then opens the application.</p>
</main>
</body>
</html>
`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
