// What a job is about when its caller does not say: the person or the message its input names. So every job about one
// person is found by that person through an index, whoever enqueued it.

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** `contact:<id>` or `message:<id>` of an input with such a field; undefined for all others. */
export const entityOf = (input: unknown): string | undefined => {
  if (typeof input !== "object" || input === null) return undefined;
  const { contactId, messageId } = input as { readonly contactId?: unknown; readonly messageId?: unknown };
  if (typeof contactId === "string" && uuid.test(contactId)) return `contact:${contactId.toLowerCase()}`;
  if (typeof messageId === "string" && uuid.test(messageId)) return `message:${messageId.toLowerCase()}`;
  return undefined;
};
