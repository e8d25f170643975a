// A real browser against the real platform: starts both, signs in, and collects what must never happen on a page
// (errors of its scripts, refusals of the content security policy).
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { chromePath, freshDatabase, freshRedis, hasRealPostgres } from "../helpers/infrastructure.ts";
import { type Platform, startPlatform } from "../helpers/processes-platform.ts";
import { tellOfFailures } from "./failure-notes.ts";

export const owner = { email: "owner@example.org", password: "correct horse battery" };

/** False, with a word about it, where there is no Chromium: browser tests are skipped then. */
export const hasBrowser = (): boolean => {
  const found = chromePath() !== undefined;
  if (!found) process.stdout.write("No Chromium here: install it or set CHROME_PATH to run the browser tests.\n");
  return found;
};

export interface Visit {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What went wrong on the page so far. */
  readonly faults: readonly string[];
}

export interface VisitOptions {
  readonly width?: number;
  readonly height?: number;
  readonly scheme?: "light" | "dark";
  /** True: scripts of the test may run in the page although the policy takes none. */
  readonly bypassCSP?: boolean;
  readonly signedIn?: boolean;
  /** The address under which the platform is visited; its own when absent. Certificates are not looked at. */
  readonly url?: string;
}

export interface Stage {
  readonly url: string;
  readonly platform: Platform;
  /** Opens a page of its own, on the Overview as the owner unless told otherwise. */
  readonly visit: (options?: VisitOptions) => Promise<Visit>;
  readonly close: () => Promise<void>;
}

/** Longer than anything takes on a machine that has much else to do: what never comes fails here, and says what it was. */
const wait = 30_000;

/** Signs in through the screen, up to the Overview. */
export const signIn = async (page: Page, person: { email: string; password: string } = owner): Promise<void> => {
  await page.goto("/sign-in");
  await page.getByLabel("Email").fill(person.email);
  await page.getByLabel("Password", { exact: true }).fill(person.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Overview", level: 1 }).waitFor();
};

/** Signs in without the screen, as whoever comes back to an open browser, and opens the Overview. */
const enter = async (page: Page, url: string): Promise<void> => {
  const answer = await page.request.post("/api/v1/auth/login", { data: owner, headers: { origin: url } });
  if (!answer.ok()) throw new Error(`The owner was not signed in: ${answer.status()} ${await answer.text()}`);
  await page.goto("/");
  await page.getByRole("heading", { name: "Overview", level: 1 }).waitFor();
};

interface StageOptions {
  /** With the sample workspace, on embedded databases. */
  readonly sample?: boolean;
  /** Goes over the defaults. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts the platform, on the run's own databases where they are real, and a browser. `learn.test` is this machine too. */
export const openStage = async ({ sample = false, env = {} }: StageOptions = {}): Promise<Stage> => {
  const database = hasRealPostgres() && !sample ? await freshDatabase() : undefined;
  const platform = await startPlatform({
    timeoutMs: 180_000,
    env: {
      LC_PROCESSES: "one",
      LC_SAMPLE: sample ? "1" : "0",
      LC_ADMIN_EMAIL: owner.email,
      LC_ADMIN_PASSWORD: owner.password,
      ...(database ? { DATABASE_URL: database.url, REDIS_URL: freshRedis().url } : {}),
      ...env,
    },
  });
  const browser: Browser = await chromium.launch({
    executablePath: chromePath() ?? "",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--no-first-run",
      "--host-resolver-rules=MAP learn.test 127.0.0.1",
    ],
  });
  // The address by name: sessions over plain http are for loopback only.
  const url = `http://localhost:${platform.port}`;

  const pages = new Set<Page>();
  const forget = tellOfFailures(platform, pages);
  const visit = async ({
    width = 1280,
    height = 900,
    scheme = "light",
    bypassCSP = false,
    signedIn = true,
    url: baseURL = url,
  }: VisitOptions = {}) => {
    const context = await browser.newContext({
      baseURL,
      ignoreHTTPSErrors: baseURL.startsWith("https:"),
      viewport: { width, height },
      colorScheme: scheme,
      bypassCSP,
      reducedMotion: "reduce",
    });
    const page = await context.newPage();
    page.setDefaultTimeout(wait);
    const faults: string[] = [];
    page.on("pageerror", (error) => faults.push(`script: ${error.message}`));
    page.on("console", (line) => {
      // A mail is shown in a frame that loads nothing, and says so each time.
      if (line.location().url === "about:srcdoc") return;
      if (line.type() === "error" && !line.text().startsWith("Failed to load resource"))
        faults.push(`console: ${line.text()}`);
    });
    pages.add(page);
    if (signedIn) await (baseURL === url ? enter(page, url) : signIn(page));
    return { page, context, faults };
  };
  const close = async () => {
    forget();
    await browser.close();
    await platform.stop();
    await database?.drop();
  };
  return { url, platform, visit, close };
};

/** A CSV file as a browser uploads it. */
export const csvFile = (name: string, lines: readonly string[]) => ({
  name,
  mimeType: "text/csv",
  buffer: Buffer.from(`${lines.join("\n")}\n`, "utf8"),
});

/** Takes a file in through the import screens, with consent to email for everybody in it. */
export const importThroughScreens = async (page: Page, file: ReturnType<typeof csvFile>): Promise<void> => {
  await page.goto("/imports/new");
  await page.getByLabel("CSV file").setInputFiles(file);
  await page.getByLabel("Encoding").waitFor();
  for (const step of ["Columns", "Check", "Consent"]) {
    await page.getByRole("button", { name: "Continue" }).click();
    await page.locator("[aria-current=step]", { hasText: step }).waitFor();
  }
  await page.getByLabel("These people agreed").check();
  await page.getByLabel("On which ground").fill("Signed up on the website");
  await page.getByLabel("Where that is written down").fill("form of May");
  await page.getByRole("button", { name: "Start the import" }).click();
  await page.getByRole("heading", { level: 1, name: file.name }).waitFor();
  await page.locator("header").getByText("completed", { exact: true }).waitFor();
};

/** Leads a campaign to everyone through the wizard up to its confirmation. Answers how many would get it. */
export const wizardToConfirm = async (
  page: Page,
  campaign: { name: string; subject: string; perSecond?: number },
): Promise<number> => {
  await page.goto("/campaigns/new");
  await page.getByLabel("Name", { exact: true }).fill(campaign.name);
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("textbox", { name: "Subject" }).fill(campaign.subject);
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByText("Will get it").waitFor();
  await page.getByRole("button", { name: "Continue" }).click();
  if (campaign.perSecond !== undefined) {
    await page.getByLabel("Send more slowly").check();
    await page.getByLabel("At most this many a second").fill(String(campaign.perSecond));
  }
  await page.getByRole("button", { name: "Continue" }).click();
  const label = (await page.getByText(/^Type .+ to confirm$/).textContent()) ?? "";
  return Number(label.replace(/\D/g, ""));
};

/** Types the number and lets the ten seconds pass; ends on the campaign's page. */
export const confirmAndLaunch = async (page: Page, recipients: number): Promise<void> => {
  await page.getByLabel(/^Type .+ to confirm$/).fill(String(recipients));
  await page.getByRole("button", { name: /^Launch to/ }).click();
  await page.getByRole("heading", { name: "Ledger", exact: true }).waitFor({ timeout: 60_000 });
};
