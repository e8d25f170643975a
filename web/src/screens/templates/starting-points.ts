// Mails to start from. Written in MJML, which mail programs show alike, except the plain letter. Fields have defaults,
// pictures are left to the writer: a mail must also say something to whoever sees none.
import type { TemplateFormat } from "../../../../shared/contracts/templates.ts";
import { starterHtml } from "../campaigns/wizard-fields.ts";

export interface StartingPoint {
  readonly name: string;
  readonly about: string;
  readonly format: TemplateFormat;
  readonly subject: string;
  readonly source: string;
}

const mail = (preview: string, body: string): string => `<mjml>
  <mj-head>
    <mj-preview>${preview}</mj-preview>
    <mj-attributes>
      <mj-all font-family="Helvetica, Arial, sans-serif" />
      <mj-text font-size="16px" line-height="1.6" color="#1d201f" padding="8px 24px" />
      <mj-button background-color="#17594f" color="#ffffff" border-radius="6px" font-size="16px" padding="16px 24px" />
    </mj-attributes>
  </mj-head>
  <mj-body background-color="#f1f1ed">
${body}
    <mj-section padding="16px 0">
      <mj-column>
        <mj-text font-size="12px" color="#5c5f5b" align="center">
          {{postalAddress}}<br />
          <a href="{{unsubscribeUrl}}" style="color:#5c5f5b">Unsubscribe</a>
        </mj-text>
      </mj-column>
    </mj-section>
  </mj-body>
</mjml>
`;

const section = (inside: string): string => `    <mj-section background-color="#ffffff" padding="24px 0">
      <mj-column>
${inside}
      </mj-column>
    </mj-section>`;

const title = (text: string): string =>
  `        <mj-text font-size="26px" line-height="1.3" font-weight="700">${text}</mj-text>`;
const words = (text: string): string => `        <mj-text>${text}</mj-text>`;
const button = (text: string): string => `        <mj-button href="https://example.org">${text}</mj-button>`;

const story = (name: string): string => `    <mj-section background-color="#ffffff" padding="0 0 16px">
      <mj-column>
        <mj-divider border-width="1px" border-color="#e2e2dc" padding="8px 24px" />
        <mj-text font-size="19px" font-weight="700">${name}</mj-text>
        <mj-text>Two or three sentences that make one want to read on.</mj-text>
        <mj-text><a href="https://example.org" style="color:#17594f">Read it</a></mj-text>
      </mj-column>
    </mj-section>`;

/** The first is what a new template begins with. */
export const startingPoints: readonly StartingPoint[] = [
  {
    name: "Plain letter",
    about: "A few words from one person to another, in HTML",
    format: "html",
    subject: "",
    source: starterHtml,
  },
  {
    name: "Announcement",
    about: "One piece of news and one button",
    format: "mjml",
    subject: "News for {{orgName|your team}}",
    source: mail(
      "What is new, in one sentence.",
      section(
        [
          title("Say what is new"),
          words("Hello {{firstName|there}},"),
          words("tell in two or three sentences what changes, for whom, and from when."),
          button("See what is new"),
        ].join("\n"),
      ),
    ),
  },
  {
    name: "Newsletter",
    about: "Several stories under each other",
    format: "mjml",
    subject: "This month at the Learning Center",
    source: mail(
      "Three things worth your time.",
      [
        section(
          [title("This month"), words("Hello {{firstName|there}}, here is what happened and what comes next.")].join(
            "\n",
          ),
        ),
        story("First story"),
        story("Second story"),
        story("Third story"),
      ].join("\n"),
    ),
  },
  {
    name: "Event invitation",
    about: "When, where, what for, and a place to sign up",
    format: "mjml",
    subject: "You are invited, {{firstName|friend}}",
    source: mail(
      "Date, place and what you take home.",
      section(
        [
          title("Name of the workshop"),
          words("Hello {{firstName|there}},"),
          words("say who should come and what they take home."),
          `        <mj-table padding="8px 24px" font-size="16px" line-height="1.8">
          <tr><td width="90">When</td><td><b>Thursday, 4 June, 18:00</b></td></tr>
          <tr><td>Where</td><td><b>Learning Center, Main Street 1</b></td></tr>
          <tr><td>Price</td><td><b>free</b></td></tr>
        </mj-table>`,
          button("Save my seat"),
        ].join("\n"),
      ),
    ),
  },
  {
    name: "Offer",
    about: "Something for a good price, until a date",
    format: "mjml",
    subject: "An offer for {{orgName|your business}}",
    source: mail(
      "What you get and until when.",
      section(
        [
          title("What it is, and what it is worth"),
          words("Hello {{firstName|there}},"),
          words("what they get, in one sentence. Then three reasons:"),
          words("<ul><li>first reason</li><li>second reason</li><li>third reason</li></ul>"),
          words("It holds until <b>30 June</b>."),
          button("Take the offer"),
        ].join("\n"),
      ),
    ),
  },
];
