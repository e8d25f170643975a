// What each type of job does, in a sentence. A type without one (of a newer version) is shown by its name alone.

const sentences: Readonly<Record<string, string>> = {
  "backup.run": "Takes a backup of everything.",
  "campaign.due": "Starts campaigns whose time has come.",
  "campaign.finalize": "Looks whether a campaign is finished, and ends it.",
  "campaign.launch": "Writes down who gets a campaign, and lets it begin.",
  "campaign.remove-sample": "Removes the campaigns of the sample workspace.",
  "campaign.seed-sample": "Makes the campaigns of the sample workspace.",
  "contacts.bulk": "Changes or exports many contacts.",
  "contacts.erase": "Erases everything about a person.",
  "contacts.import": "Reads contacts from a file.",
  "contacts.import-consent": "Writes down consent for the people of an import.",
  "contacts.import-undo": "Takes an import back.",
  "email.inbound.fetch": "Fetches reports about bounced mail from a mailbox.",
  "email.send-batch": "Wakes the sender, because mail is waiting.",
  "imports.prune": "Deletes the files of old imports.",
  "jobs.bulk-act": "Runs, cancels or deletes many jobs.",
  "jobs.prune": "Deletes old jobs from the history.",
  "messages.partition": "Makes room for the messages of the next months.",
  "metrics.rollup": "Adds up the figures of queues and job types for the charts.",
  "monitors.call-webhook": "Calls your webhook because something is wrong, or well again.",
  "monitors.prune": "Deletes old incidents and notices.",
  "outbox.sweep": "Deletes events that everybody has heard of.",
  "sample.remove": "Removes the people of the sample workspace.",
  "sample.seed": "Makes the people of the sample workspace.",
  "sender.test": "Sends a test mail from a sender account.",
  "tokens.cleanup": "Deletes tokens and request keys that have expired.",
  "tracking.click-record": "Writes down that somebody opened a mail or clicked in it.",
  "webhook.process": "Applies what a provider reported about messages.",
  "webhooks.prune": "Deletes old reports of providers.",
};

/** What jobs of this type do; undefined where nobody wrote it down. */
export const typeSentence = (type: string): string | undefined => sentences[type];
