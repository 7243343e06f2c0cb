/**
 * Colours of charts. Categories: after Okabe and Ito (2008), distinguishable with the common colour
 * vision deficiencies, and darkened or lightened to a contrast of 3:1 against the surface of its theme.
 */

const LIGHT = [
  '#0072b2',
  '#c2570c',
  '#00806a',
  '#a8478a',
  '#8a6d00',
  '#5b5bd6',
  '#6b7688',
  '#b3261e',
] as const;
const DARK = [
  '#56b4e9',
  '#f0a13a',
  '#2fc9a0',
  '#e59ac8',
  '#e8dc5a',
  '#a5a0ff',
  '#a9b4c6',
  '#ff9d8f',
] as const;

const LIGHT_RAMP = ['#f3f2fc', '#cfccf3', '#9a94e3', '#5f56cf', '#2d2590'] as const;
const DARK_RAMP = ['#25253a', '#3d3873', '#6158b8', '#948bee', '#d6d2ff'] as const;

/** Symbols that go with the colours, so that charts do not depend on colour alone. */
export const SYMBOLS = [
  'circle',
  'diamond',
  'rect',
  'triangle',
  'pin',
  'roundRect',
  'arrow',
  'emptyCircle',
] as const;

export function categoryColours(isDark: boolean): readonly string[] {
  return isDark ? DARK : LIGHT;
}

/** Colour ramp of heat maps, from low to high. */
export function rampColours(isDark: boolean): readonly string[] {
  return isDark ? DARK_RAMP : LIGHT_RAMP;
}
