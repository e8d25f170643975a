// The audit log in words: what each action means to somebody who reads who did what.

const accountActs: Readonly<Record<string, string>> = {
  "user.first-owner": "the first owner was made",
  "user.signed-in": "signed in",
  "user.sign-in-refused": "was refused: wrong password",
  "user.second-factor-refused": "was refused: wrong code of the second factor",
  "user.proof-refused": "was refused: wrong password, given again",
  "user.second-factor-on": "switched the second factor on",
  "user.second-factor-off": "switched the second factor off",
  "user.second-factor-removed": "took the second factor off a person",
  "user.second-factor-demanded": "demanded a second factor of everybody",
  "user.second-factor-not-demanded": "no longer demanded a second factor",
  "user.recovery-codes-renewed": "made new recovery codes",
  "user.signed-out": "signed out",
  "user.session-ended": "signed out another browser",
  "user.other-sessions-ended": "signed out everywhere else",
  "user.password-forgotten": "was mailed a link to a new password",
  "user.password-reset": "got a new password",
  "user.password-changed": "changed the password",
  "user.changed": "changed a name",
  "user.role-changed": "changed a person's role",
  "user.communities-changed": "changed what a person sees",
  "user.disabled": "disabled a person",
  "user.enabled": "enabled a person",
  "user.removed": "deleted a person",
  "user.invited": "invited somebody",
  "user.invite-sent-again": "sent an invite again",
  "user.invite-revoked": "took an invite back",
  "user.joined": "accepted an invite",
  "token.created": "made an access token",
  "token.revoked": "revoked an access token",
};

const nouns: Readonly<Record<string, string>> = {
  campaigns: "campaign",
  communities: "community",
  contacts: "contact",
  imports: "import",
  jobs: "job",
  schedules: "schedule",
  segments: "segment",
  senders: "sender account",
  tags: "tag",
  templates: "template",
};
const verbs: Readonly<Record<string, string>> = {
  create: "made",
  update: "changed",
  remove: "deleted",
  launch: "launched",
  pause: "paused",
  resume: "resumed",
  cancel: "cancelled",
  clone: "copied",
  publish: "published",
  submit: "started",
  undo: "undid",
  erase: "erased",
  export: "exported",
};
const others: Readonly<Record<string, string>> = {
  "messages.send": "sent a message",
  "backups.create": "had a backup taken",
  "campaigns.retry": "sent failed messages again",
  "campaigns.resolve": "decided over messages that may have been sent",
  "consent.record": "wrote down a consent",
  "consent.suppress": "suppressed an address",
  "consent.unsuppress": "lifted a suppression",
  "senders.test": "sent a test mail",
  "bulk.start": "changed many contacts at once",
  "bulk.cancel": "stopped a bulk action",
  "contactViews.create": "saved a view of contacts",
  "contactViews.update": "changed a view of contacts",
  "contactViews.remove": "deleted a view of contacts",
  "imports.claimConsent": "wrote down consent for an import",
  "sample.remove": "removed the sample workspace",
  "templates.duplicate": "copied a template",
  "templates.restore": "brought back a version of a template",
  "templates.testSend": "sent a test of a template",
  "workers.drain": "drained a process",
  "workers.undrain": "let a process work again",
  "schedules.run": "started a schedule's job by hand",
  "schedules.reset": "gave a schedule its own settings back",
  "webhooks.replay": "applied a webhook again",
  "webhooks.body": "looked at what a webhook says",
  "jobs.retry": "ran a job again",
  "jobs.input": "looked at the input of a job",
  "jobs.bulk": "ran, cancelled or deleted many jobs",
  "jobs.pauseQueue": "paused the queue",
  "jobs.resumeQueue": "resumed the queue",
  "jobs.pauseType": "paused the job type",
  "jobs.resumeType": "resumed the job type",
  "deadLetters.reveal": "looked into a dead letter",
  "deadLetters.replay": "replayed a dead letter",
  "deadLetters.drop": "dropped a dead letter",
  "deadLetters.bulk": "replayed or dropped many dead letters",
  "senders.makeDefault": "chose the sender account",
  "monitors.create": "made an alert rule",
  "monitors.update": "changed an alert rule",
  "monitors.remove": "deleted an alert rule",
  "monitors.silence": "silenced an alert rule",
  "monitors.unsilence": "ended the silence of an alert rule",
  "monitors.test": "sent a test of an alert rule",
  "monitors.setChannels": "changed who is told about alerts",
  "monitors.testChannels": "sent a test of the alerts",
  "monitors.silenceAll": "silenced all alerts",
  "monitors.unsilenceAll": "ended the silence of all alerts",
  "sandbox.clearMail": "emptied the mailbox",
  "sandbox.setFaults": "set faults of the sandbox",
};

/** An action in words; one without words of its own as it is named. */
export const auditWords = (action: string): string => {
  const known = accountActs[action] ?? others[action];
  if (known) return known;
  const [service = "", verb = ""] = action.split(".");
  const noun = nouns[service];
  const done = verbs[verb];
  return noun && done ? `${done} ${/^[aeiou]/.test(noun) ? "an" : "a"} ${noun}` : action;
};

/** What one can look for: kinds of acts by the beginning of their names. */
export const auditKinds = [
  { value: "", label: "Everything" },
  { value: "user.", label: "People and sign-ins" },
  { value: "user.sign-in-refused", label: "Refused sign-ins" },
  { value: "user.second-factor", label: "Second factors" },
  { value: "token.", label: "Access tokens" },
  ...Object.entries(nouns).map(([service, noun]) => ({
    value: `${service}.`,
    label:
      service === "jobs"
        ? "Jobs and queues"
        : service === "communities"
          ? "Communities"
          : `${noun.charAt(0).toUpperCase()}${noun.slice(1)}s`,
  })),
  { value: "messages.", label: "Messages" },
  { value: "consent.", label: "Consent and suppressions" },
] as const;
