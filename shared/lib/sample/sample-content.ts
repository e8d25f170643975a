// What the sample workspace is made of besides its people: segments, templates, one finished campaign and one draft.
import { sampleId } from "./sample-ids.ts";

export const sampleSegments = [
  {
    name: "Businesses in Riverside",
    rule: { all: [{ field: "community", op: "eq", value: "Riverside" }] },
  },
  { name: "Interested in workshops", rule: { any: [{ field: "tags", op: "has", value: "workshops" }] } },
  {
    name: "Engaged: clicked, or already a member",
    rule: {
      any: [
        { field: "email.lastClickedAt", op: "isSet" },
        { field: "tags", op: "has", value: "member" },
      ],
    },
  },
] as const;

const page = (body: string) =>
  `<div style="font-family:Arial,sans-serif;max-width:560px;margin:0 auto;line-height:1.5;color:#1f2933">
${body.replaceAll("</h1><p>", "</h1>\n<p>").replaceAll("</p><p>", "</p>\n<p>")}
<p style="font-size:13px;color:#52606d">Learning Center, {{postalAddress}}<br><a href="{{unsubscribeUrl}}">Unsubscribe</a></p>
</div>`;

const welcome = {
  subject: "{{firstName}}, what would help {{orgName}} this season?",
  html: page(
    `<h1 style="font-size:22px">Hello {{firstName}}</h1><p>Shops and workshops in {{attrs.city|our town}} told us what they want to learn next: getting found online, keeping the books, and finding staff who stay.</p><p>We made short evening classes out of it, free for {{orgName}} and everybody who works there.</p><p><a href="https://learning-center.example/classes">See this season's classes</a></p><p>Which one would help you most? Just answer this mail.</p>`,
  ),
};
const workshop = {
  subject: "A free workshop for {{orgName|your business}}",
  html: page(
    `<h1 style="font-size:22px">Photos that sell</h1><p>Hello {{firstName|there}}, bring your phone and three things from your shelves. In two hours you learn to take pictures that make people stop and look.</p><p><strong>Tuesday, 6 pm</strong>, at the Learning Center. Coffee is on us.</p><p><a href="https://learning-center.example/workshops/photos">Keep a seat for me</a></p>`,
  ),
};

export const sampleTemplates = [
  { name: "Season letter", ...welcome },
  { name: "Workshop invitation", ...workshop },
] as const;

/** The finished one and the draft, in this order. */
export const sampleCampaigns = {
  finished: {
    id: sampleId("campaign", 1),
    name: "Sample: what would help you this season?",
    audience: { all: true },
    content: welcome,
  },
  draft: {
    id: sampleId("campaign", 2),
    name: "Sample: workshop invitation",
    audience: { segmentId: sampleId("segment", 2) },
    content: workshop,
  },
} as const;
