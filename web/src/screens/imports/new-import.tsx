// Bringing contacts in from a file: file → how to read it → columns → check → consent, then the upload starts.
import { Button, Group, Progress, Stack, Text } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useRef, useState } from "react";
import { type ApiParams, call, newKey, uploadImport } from "../../api.ts";
import { TextLink } from "../../parts/link.tsx";
import { Note, ProblemNote } from "../../parts/note.tsx";
import { PageHead, Section } from "../../parts/page.tsx";
import { Steps } from "../../parts/steps.tsx";
import { asProblem, type Problem } from "../../problem.ts";
import { refresh } from "../../query.ts";
import { moment } from "../../words.ts";
import type { Mapping } from "./check-row.ts";
import { CheckSample } from "./check-sample.tsx";
import { ChooseFile } from "./choose-file.tsx";
import { ConsentStep, type ImportChoices, startChoices } from "./consent-step.tsx";
import { MapColumns } from "./map-columns.tsx";
import { ReadAs } from "./read-as.tsx";
import { base64, type Delimiter, type Encoding, type Inspection, readHead } from "./read-head.ts";

export interface Source {
  readonly file: File;
  readonly head: Uint8Array;
  readonly encoding: Encoding;
  readonly delimiter: Delimiter;
  readonly headers: readonly string[];
  readonly sample: readonly (readonly string[])[];
}

const names = ["File", "Reading", "Columns", "Check", "Consent"];
const asEncoding = (name: string): Encoding =>
  ["utf-16le", "utf-16be", "windows-1252"].includes(name) ? (name as Encoding) : "utf-8";
const asDelimiter = (text: string): Delimiter => (text === ";" || text === "\t" ? text : ",");

/** The wizard of an import. */
export const NewImport = () => {
  const navigate = useNavigate();
  const [step, setStep] = useState(0);
  const [source, setSource] = useState<Source | null>(null);
  const [mapping, setMapping] = useState<Mapping>({});
  const [choices, setChoices] = useState<ImportChoices>(startChoices);
  const [remembered, setRemembered] = useState<Inspection["remembered"]>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [sent, setSent] = useState<number | null>(null);
  const key = useRef(newKey());
  const abort = useRef<AbortController>(undefined);

  const choose = async (file: File) => {
    setProblem(null);
    try {
      const head = await readHead(file);
      const found = await call("imports.inspect", { head: base64(head) });
      setSource({
        file,
        head,
        encoding: asEncoding(found.encoding),
        delimiter: asDelimiter(found.delimiter),
        headers: found.headers,
        sample: found.sample,
      });
      setMapping(found.mapping);
      setRemembered(found.remembered);
      const last = found.remembered?.options;
      if (last)
        setChoices({
          ...choices,
          dedupe: last.dedupe,
          country: last.country ?? "",
          communityId: last.communityId ?? "",
        });
      setStep(1);
    } catch (error) {
      setProblem(asProblem(error));
    }
  };

  const upload = async () => {
    if (!source) return;
    setProblem(null);
    setSent(0);
    abort.current = new AbortController();
    const options: ApiParams<"imports.submit">["options"] = {
      dedupe: choices.dedupe,
      encoding: source.encoding,
      delimiter: source.delimiter,
      ...(choices.country === "" ? {} : { country: choices.country.toUpperCase() }),
      ...(choices.communityId === "" ? {} : { communityId: choices.communityId }),
      ...(choices.hasConsent
        ? { consent: { channels: choices.channels, basis: choices.basis, source: choices.source } }
        : {}),
    };
    const used = Object.fromEntries(
      Object.entries(mapping).filter(([header, target]) => target !== "" && source.headers.includes(header)),
    );
    try {
      const { id } = await uploadImport({
        file: source.file,
        mapping: used,
        options,
        key: key.current,
        onProgress: setSent,
        signal: abort.current.signal,
      });
      await refresh(["imports"]);
      await navigate({ to: "/imports/$id", params: { id } });
    } catch (error) {
      const found = asProblem(error);
      // What was refused is another request next time; what broke off is the same one.
      if (!found.undecided) key.current = newKey();
      setProblem(found.code === "ABORTED" ? null : found);
    } finally {
      setSent(null);
    }
  };

  const mapped = Object.values(mapping).some((target) => ["email", "phone", "externalId"].includes(target));
  const reachable = source === null ? 0 : mapped ? 4 : 2;
  const consentGap =
    choices.hasConsent === null ||
    (choices.hasConsent &&
      (choices.channels.length === 0 || choices.basis.trim() === "" || choices.source.trim() === ""));
  const next = () => setStep(step + 1);

  return (
    <>
      <PageHead
        title="Import contacts"
        above={
          <TextLink to="/imports" fz="sm">
            Imports
          </TextLink>
        }
      />
      <Steps names={names} active={step} reachable={reachable} onStep={setStep} />
      <Section>
        <Stack gap="lg">
          {problem && <ProblemNote problem={problem} />}
          {remembered && (step === 1 || step === 2) && (
            <Note tone="good" title={`As last time: ${remembered.fileName}, ${moment(remembered.at)}`}>
              A file with these columns was imported before. Encoding, columns and choices are as they were then; look
              them over, and say again whether these people agreed.
            </Note>
          )}
          {step === 0 && <ChooseFile chosen={source?.file} onChoose={choose} />}
          {step === 1 && source && <ReadAs source={source} onChange={setSource} />}
          {step === 2 && source && <MapColumns source={source} mapping={mapping} onChange={setMapping} />}
          {step === 3 && source && <CheckSample source={source} mapping={mapping} />}
          {step === 4 && <ConsentStep choices={choices} onChange={setChoices} errors={problem?.errors ?? []} />}
          {sent !== null && (
            <Stack gap={6} role="status">
              <Progress value={sent * 100} aria-label="Upload" />
              <Group justify="space-between">
                <Text fz="sm" c="dimmed">
                  {sent < 1 ? `Uploading: ${Math.round(sent * 100)}%` : "Uploaded, being taken in…"}
                </Text>
                <Button variant="subtle" size="compact-sm" onClick={() => abort.current?.abort()}>
                  Stop the upload
                </Button>
              </Group>
            </Stack>
          )}
          {step > 0 && (
            <Group justify="space-between">
              <Button variant="default" onClick={() => setStep(step - 1)} disabled={sent !== null}>
                Back
              </Button>
              {step < 4 ? (
                <Button onClick={next} disabled={step >= 2 && !mapped}>
                  Continue
                </Button>
              ) : (
                <Button onClick={() => void upload()} loading={sent !== null} disabled={consentGap}>
                  Start the import
                </Button>
              )}
            </Group>
          )}
        </Stack>
      </Section>
    </>
  );
};
