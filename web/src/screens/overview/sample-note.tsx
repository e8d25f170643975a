// A quiet word that what is shown is a sample, and the one button that takes it away. The question before it is loaded
// when somebody asks for it.
import { Button, Text } from "@mantine/core";
import { lazy, Suspense, useEffect, useState } from "react";
import { refresh, useRead } from "../../query.ts";
import { counted } from "../../words.ts";
import css from "./overview.module.css";

const RemoveSample = lazy(() => import("./remove-sample.tsx").then(({ RemoveSample: Found }) => ({ default: Found })));

/** Nothing when there is no sample. `mayRemove`: the person may take it away. */
export const SampleNote = ({ mayRemove }: { readonly mayRemove: boolean }) => {
  const [asked, setAsked] = useState(false);
  const [followed, setFollowed] = useState(false);
  const sample = useRead("sample.get", {}, { every: followed ? 1000 : false });
  const state = sample.data?.state;
  const removing = state === "removing";
  useEffect(() => {
    if (removing) setFollowed(true);
    if (!followed || state !== "none") return;
    setFollowed(false);
    // Whatever was read may have had to do with it.
    void refresh([
      "overview",
      "campaigns",
      "contacts",
      "segments",
      "templates",
      "tags",
      "communities",
      "messages",
      "consent",
    ]);
  }, [followed, removing, state]);
  if (!sample.data || state === "none") return null;
  return (
    <aside className={css["sample"]} aria-label="Sample workspace">
      <Text fz="sm">
        {removing ? (
          "The sample is being removed …"
        ) : (
          <>
            <b>This is a sample.</b> {counted(sample.data.people, "made-up person", "made-up people")}, two campaigns
            and what belongs to them, so that you see how it looks. None of them can get a real mail.
          </>
        )}
      </Text>
      {mayRemove && !removing && (
        <Button variant="default" size="compact-sm" onClick={() => setAsked(true)}>
          Remove the sample
        </Button>
      )}
      {asked && (
        <Suspense>
          <RemoveSample
            sample={sample.data}
            onClose={() => setAsked(false)}
            onBegun={() => {
              setAsked(false);
              setFollowed(true);
            }}
          />
        </Suspense>
      )}
    </aside>
  );
};
