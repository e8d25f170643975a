// What a layout costs a month on Railway, from what its processes were measured to need. Railway bills memory and CPU by
// the minute, idle processes too, and a plan's price is the least that is paid: it includes use of the same worth.
import type { EnvironmentName } from "./layout.ts";

/** Railway's prices in dollars (docs.railway.com/pricing/plans), per month of running all the time. */
export const prices = {
  memoryGb: 10,
  cpu: 20,
  volumeGb: 0.15,
  plans: { Hobby: 5, Pro: 20 },
} as const;

/** Monthly estimates of the plan that this platform was first meant to follow: least, and recommended. */
export const originalPlan = { least: 20, recommended: 80 } as const;

/** Memory in MB (10^6 bytes) and share of a CPU of one replica that has been idle for 30 s. */
export interface Measured {
  readonly mb: number;
  readonly cpu: number;
}

/**
 * Resident memory as `npm run rehearse` prints it, production after three rounds of redeploys, a campaign to
 * 6,600 people and three outages, staging after a short run (Node 24,
 * Debian 12, 2 cores). Pages that processes share are counted in each, because on Railway nothing is shared.
 */
export const measured: Readonly<Record<EnvironmentName, Readonly<Record<string, Measured>>>> = {
  production: {
    gateway: { mb: 182, cpu: 0.0093 },
    campaigns: { mb: 162, cpu: 0.0083 },
    contacts: { mb: 156, cpu: 0.0083 },
    email: { mb: 216, cpu: 0.0117 },
    scheduler: { mb: 154, cpu: 0.0123 },
    web: { mb: 43, cpu: 0.0003 },
  },
  staging: {
    web: { mb: 163, cpu: 0.007 },
    sending: { mb: 187, cpu: 0.014 },
    scheduler: { mb: 194, cpu: 0.012 },
  },
};

/** The databases, estimated: what they hold decides. With the volume that they begin with. */
export const data: Readonly<Record<string, Measured & { readonly volumeGb: number }>> = {
  Postgres: { mb: 300, cpu: 0.02, volumeGb: 10 },
  Redis: { mb: 60, cpu: 0.01, volumeGb: 1 },
};

/** Dollars a month for so much memory and CPU. */
export const dollarsFor = ({ mb, cpu }: Measured): number => (mb / 1000) * prices.memoryGb + cpu * prices.cpu;

export interface Estimate {
  readonly mb: number;
  readonly cpu: number;
  /** Dollars of use a month, before the plan's minimum. */
  readonly use: number;
  /** What is paid on each plan. */
  readonly paid: Readonly<Record<keyof typeof prices.plans, number>>;
  /** Deployments that nobody has measured yet; their cost is missing. */
  readonly unmeasured: readonly string[];
}

/** The monthly cost of these deployments with so many replicas each, and of the databases. */
export const estimate = (environment: EnvironmentName, names: readonly string[], replicas: number): Estimate => {
  const found = names.flatMap((name) => measured[environment][name] ?? []);
  const databases = Object.values(data);
  const sum = (of: (each: Measured) => number) =>
    replicas * found.reduce((total, each) => total + of(each), 0) +
    databases.reduce((total, each) => total + of(each), 0);
  const volumes = databases.reduce((total, { volumeGb }) => total + volumeGb * prices.volumeGb, 0);
  const use = sum(dollarsFor) + volumes;
  return {
    mb: sum(({ mb }) => mb),
    cpu: sum(({ cpu }) => cpu),
    use,
    paid: { Hobby: Math.max(prices.plans.Hobby, use), Pro: Math.max(prices.plans.Pro, use) },
    unmeasured: names.filter((name) => !measured[environment][name]),
  };
};
