/**
 * The message format: `{name}` placeholders, and plural forms separated by ` | `. It replaces the message compiler of
 * vue-i18n, which supports more than the client needs and would add to the bundle.
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
  // For each form: texts and placeholder names, alternating.
  const forms = message.split(' | ').map((form) => form.split(/\{(\w+)\}/));
  return (context) => {
    const texts = forms.map((parts) =>
      parts.map((part, place) => (place % 2 === 0 ? part : String(context.named(part) ?? ''))).join(''),
    );
    return texts.length === 1 ? texts[0]! : context.plural(texts);
  };
}
