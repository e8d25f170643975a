// One template for people who read it and do not write it: the draft as a mail, and its published versions.
import { Button } from "@mantine/core";
import { useState } from "react";
import type { ApiResult } from "../../api.ts";
import { TextLink } from "../../parts/link.tsx";
import { MailPreview } from "../../parts/mail-preview.tsx";
import { PageHead, Section } from "../../parts/page.tsx";
import { Status } from "../../parts/status.tsx";
import { templateWord } from "./template-words.ts";
import { Versions } from "./versions.tsx";

/** The template, to look at. */
export const TemplateView = ({ template }: { readonly template: ApiResult<"templates.get"> }) => {
  const [contactId, setContactId] = useState("");
  const [versions, setVersions] = useState(false);
  const { subject, html, mjml } = template;
  return (
    <>
      <PageHead
        title={template.name}
        above={
          <TextLink to="/templates" fz="sm">
            Templates
          </TextLink>
        }
        beside={<Status word={templateWord(template)} />}
        actions={
          <Button variant="default" onClick={() => setVersions(true)}>
            Versions
          </Button>
        }
      />
      <Section>
        <MailPreview
          content={{ ...(subject ? { subject } : {}), ...(mjml ? { mjml } : { html: html ?? "" }) }}
          empty={!subject && !html && !mjml}
          contactId={contactId}
          onContact={setContactId}
        />
      </Section>
      <Versions
        template={template}
        opened={versions}
        dirty={false}
        onClose={() => setVersions(false)}
        onRestored={() => undefined}
      />
    </>
  );
};
