import { effectScope, nextTick, shallowRef } from 'vue';
import { describe, expect, it } from 'vitest';

import { usePointerHold } from '../../client/composables/usePointerHold.js';

function pointer(type: string, pointerType: 'mouse' | 'touch' | 'pen'): Event {
  return Object.assign(new Event(type), { pointerType });
}

async function setUp() {
  const element = new EventTarget() as HTMLElement;
  const target = shallowRef<HTMLElement | null>(element);
  const scope = effectScope();
  const isHeld = scope.run(() => usePointerHold(target))!;
  await nextTick();
  return { element, target, scope, isHeld };
}

describe('A pointer', () => {
  it('holds while the mouse hovers, also during clicks', async () => {
    const { element, isHeld } = await setUp();
    element.dispatchEvent(pointer('pointerenter', 'mouse'));
    element.dispatchEvent(pointer('pointerdown', 'mouse'));
    element.dispatchEvent(pointer('pointerup', 'mouse'));
    expect(isHeld.value).toBe(true);
    element.dispatchEvent(pointer('pointerleave', 'mouse'));
    expect(isHeld.value).toBe(false);
  });

  it('holds while a finger or a pen touches, until it is lifted or scrolls', async () => {
    const { element, isHeld } = await setUp();
    element.dispatchEvent(pointer('pointerdown', 'touch'));
    expect(isHeld.value).toBe(true);
    element.dispatchEvent(pointer('pointerup', 'touch'));
    expect(isHeld.value).toBe(false);
    element.dispatchEvent(pointer('pointerdown', 'pen'));
    element.dispatchEvent(pointer('pointercancel', 'pen'));
    expect(isHeld.value).toBe(false);
  });

  it('releases when the element is removed, and removes its listeners when disposed', async () => {
    const { element, target, scope, isHeld } = await setUp();
    element.dispatchEvent(pointer('pointerenter', 'mouse'));
    target.value = null;
    await nextTick();
    expect(isHeld.value).toBe(false);
    target.value = element;
    await nextTick();
    scope.stop();
    element.dispatchEvent(pointer('pointerenter', 'mouse'));
    expect(isHeld.value).toBe(false);
  });
});
