// When an address that keeps refusing mail counts as dead: its mailbox is full or its server away, again and again.

/** Different messages that must have bounced softly, within so many days, with nothing delivered in between. */
export const softBouncePolicy = { messages: 3, withinDays: 30 } as const;

export interface SoftBounce {
  readonly messageId: string;
  readonly at: Date;
}

/** True when the bounces of one address reach the policy at `now`. `lastDelivered`: the last mail that arrived there. */
export const refusesForGood = (bounces: readonly SoftBounce[], lastDelivered: Date | null, now: Date): boolean => {
  const since = Math.max(
    now.getTime() - softBouncePolicy.withinDays * 86_400_000,
    lastDelivered?.getTime() ?? Number.NEGATIVE_INFINITY,
  );
  const recent = bounces.filter(({ at }) => at.getTime() > since);
  return new Set(recent.map(({ messageId }) => messageId)).size >= softBouncePolicy.messages;
};
