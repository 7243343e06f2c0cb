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
  it('holds as long as a mouse is above, clicks included', async () => {
    const { element, isHeld } = await setUp();
    element.dispatchEvent(pointer('pointerenter', 'mouse'));
    element.dispatchEvent(pointer('pointerdown', 'mouse'));
    element.dispatchEvent(pointer('pointerup', 'mouse'));
    expect(isHeld.value).toBe(true);
    element.dispatchEvent(pointer('pointerleave', 'mouse'));
    expect(isHeld.value).toBe(false);
  });

  it('holds while a finger or a pen is down, and not after it was lifted or taken over by scrolling', async () => {
    const { element, isHeld } = await setUp();
    element.dispatchEvent(pointer('pointerdown', 'touch'));
    expect(isHeld.value).toBe(true);
    element.dispatchEvent(pointer('pointerup', 'touch'));
    expect(isHeld.value).toBe(false);
    element.dispatchEvent(pointer('pointerdown', 'pen'));
    element.dispatchEvent(pointer('pointercancel', 'pen'));
    expect(isHeld.value).toBe(false);
  });

  it('lets go when what it pointed at goes away, and listens no longer after its end', async () => {
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
