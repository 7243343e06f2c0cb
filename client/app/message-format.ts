/**
 * What a message may hold: `{name}`, which is filled in, and plural forms between ` | `. The translator's own compiler
 * can do more, which nobody here needs, and every visitor would have to load it.
 */

import type { MessageContext } from 'vue-i18n';

type Message = (context: MessageContext) => string;

const compiled = new Map<string, Message>();

export function compileMessage(message: string): Message {
  const known = compiled.get(message) ?? compile(message);
  compiled.set(message, known);
  return known;
}

function compile(message: string): Message {
  // Of every form, texts and names in turn.
  const forms = message.split(' | ').map((form) => form.split(/\{(\w+)\}/));
  return (context) => {
    const texts = forms.map((parts) =>
      parts.map((part, place) => (place % 2 === 0 ? part : String(context.named(part) ?? ''))).join(''),
    );
    return texts.length === 1 ? texts[0]! : context.plural(texts);
  };
}
