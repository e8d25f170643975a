// What servers really say to a test mail, and the sentence that a person reads about it.
import { describe, expect, it } from "vitest";
import { explainAnswer } from "../../services/email/senders/explain-answer.ts";

const live = { sandbox: false, said: true };
const about = (detail: string, said = true) =>
  explainAnswer({ kind: "transient", detail } as Parameters<typeof explainAnswer>[0], { ...live, said }).meaning;

describe("the explanation of a server's answer", () => {
  it.each([
    ["connect ECONNREFUSED 127.0.0.1:587 (ESOCKET)", "Nothing listens"],
    ["getaddrinfo ENOTFOUND smtp.exampel.org (EDNS)", "not known to the DNS"],
    ["Connection timeout (ETIMEDOUT)", "did not answer in time"],
    ["Greeting never received (ETIMEDOUT)", "took the connection and then said nothing"],
    ["80A2:error:0A00010B:SSL routines:ssl3_get_record:wrong version number (ESOCKET)", "does not begin with TLS"],
    ["self-signed certificate (ESOCKET)", "not signed by anybody"],
    ["certificate has expired (ESOCKET)", "has expired"],
    ["Hostname/IP does not match certificate's altnames: Host: a. is not in the cert's altnames", "for another name"],
    ["read ECONNRESET (ESOCKET)", "closed the connection"],
    ["Resend cannot be reached: connect ECONNREFUSED 127.0.0.1:9", "Nothing listens"],
  ])("%s: says what is wrong with the way there", (detail, words) => {
    expect(about(detail, false)).toContain(words);
  });

  it.each([
    ["535 5.7.8 Username and Password not accepted", "user name or password"],
    ["535-5.7.8 Username and Password not accepted. For more information, go to", "user name or password"],
    ["530 5.7.0 Must issue a STARTTLS command first", "sign in, or to use TLS"],
    ["530 5.7.1 Authentication required", "sign in, or to use TLS"],
    ["538 5.7.11 Encryption required for the mechanism", "sign in, or to use TLS"],
    ["554 5.7.1 <me@example.org>: Relay access denied", "does not pass mail on"],
    [
      "550 5.7.26 This mail has been blocked because the sender is unauthenticated. SPF did not pass",
      "could not prove",
    ],
    ["553 5.7.1 <a@b.org>: Sender address rejected: not owned by user peer", "from this from address"],
    ["550 5.1.1 The email account that you tried to reach does not exist", "mailbox that you wrote to"],
    ["450 4.2.0 <me@example.org>: Recipient address rejected: Greylisted, try again", "patience"],
    ["421 4.7.0 Too many messages, slow down", "slow down"],
    ["554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org", "blocks the machine"],
    ["452 4.2.2 The recipient's mailbox is full", "quota"],
    ["403 invalid_api_key: API key is invalid", "does not know the key"],
    ["403 validation_error: The acme.org domain is not verified. Please, add and verify your domain", "as yours"],
    ["403 validation_error: You can only send testing emails to your own email address", "only write to its owner"],
    ["422 400 The 'From' address you supplied is not a Sender Signature on your account", "as yours"],
    ["422 406 You tried to send to a recipient that has been marked as inactive", "mailbox that you wrote to"],
    ["401 10 The Server Token you provided in the X-Postmark-Server-Token request header was invalid", "know the key"],
  ])("%s: says what the server means", (detail, words) => {
    expect(about(detail)).toContain(words);
  });

  it("tells taken from delivered, and silence from a no", () => {
    expect(explainAnswer({ kind: "accepted", detail: "250 ok" }, live).todo).toContain("spam");
    expect(explainAnswer({ kind: "accepted", detail: "250 ok" }, { ...live, sandbox: true }).meaning).toContain(
      "went nowhere else",
    );
    expect(explainAnswer({ kind: "unknown", detail: "No answer" }, live).meaning).toContain("nobody can know");
    expect(about("599 zork")).toBe("The server said no.");
    expect(about("something odd", false)).toBe("The mail could not be handed over.");
  });
});
