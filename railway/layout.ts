// Which deployments there are and how large each may grow: production runs every group on its own, staging folds them
// into a few. A group without a registered service is left out, so nothing is deployed that would have nothing to do.
import { runnerArguments, serviceFolders } from "../scripts/start/groups.ts";

export const environments = ["production", "staging"] as const;
export type EnvironmentName = (typeof environments)[number];

/** How many replicas it begins with and may be given, and the limits of one. */
export interface Size {
  readonly from: number;
  readonly to: number;
  readonly memoryMb: number;
  readonly cpus: number;
  /** Postgres connections of one replica, besides those of its jobs. All replicas, doubled while old and new overlap, must fit into Postgres. */
  readonly pool: number;
}

export interface Deployment {
  readonly name: string;
  /** `node` runs groups of services; `caddy` serves the web app and leads to the gateway. */
  readonly kind: "node" | "caddy";
  readonly groups: readonly string[];
  /** Folders with services, from the top of the project. */
  readonly folders: readonly string[];
  readonly start: readonly string[];
  /** Runs once before the new version starts; on exactly one deployment. */
  readonly preDeploy?: readonly string[];
  readonly health: string;
  readonly port: number;
  readonly size: Size;
}

const caddySize: Size = { from: 1, to: 2, memoryMb: 512, cpus: 1, pool: 0 };
const plain: Size = { from: 1, to: 2, memoryMb: 1024, cpus: 1, pool: 5 };

const sizes: Readonly<Record<string, Size>> = {
  gateway: { from: 1, to: 3, memoryMb: 1024, cpus: 2, pool: 7 },
  contacts: plain,
  campaigns: plain,
  email: { from: 1, to: 4, memoryMb: 1024, cpus: 2, pool: 5 },
  sms: { from: 1, to: 4, memoryMb: 512, cpus: 1, pool: 4 },
  calls: { from: 1, to: 4, memoryMb: 512, cpus: 1, pool: 4 },
  ai: { from: 1, to: 4, memoryMb: 1024, cpus: 1, pool: 4 },
  provisioning: { from: 1, to: 2, memoryMb: 512, cpus: 1, pool: 4 },
  scheduler: { from: 1, to: 2, memoryMb: 512, cpus: 1, pool: 5 },
};

/** Staging: one replica each; the sandbox shares the senders' process, because it takes mail on loopback only. */
const folded: Readonly<Record<string, readonly string[]>> = {
  web: ["gateway"],
  sending: ["contacts", "campaigns", "email", "sms", "calls", "sandbox"],
  "ai-and-provisioning": ["ai", "provisioning"],
  scheduler: ["scheduler"],
};
const foldedSize: Size = { from: 1, to: 1, memoryMb: 1024, cpus: 1, pool: 10 };

/** Direct `node`: npm and a shell would keep SIGTERM from the process. */
const migrate = ["node", "scripts/migrate.ts"] as const;
const folderOf = (group: string) => (group === "gateway" ? "gateway" : `services/${group}`);

const nodeDeployment = (name: string, groups: readonly string[], size: Size): Deployment => {
  const folders = groups.map(folderOf);
  return {
    name,
    kind: "node",
    groups,
    folders,
    start: ["node", ...runnerArguments(folders)],
    ...(groups.includes("gateway") ? { preDeploy: migrate } : {}),
    health: "/health/ready",
    port: 3000,
    size,
  };
};

const caddy: Deployment = {
  name: "web",
  kind: "caddy",
  groups: [],
  folders: [],
  start: ["caddy", "run", "--config", "railway/Caddyfile", "--adapter", "caddyfile"],
  health: "/health/web",
  port: 8080,
  size: caddySize,
};

/** The deployments of an environment, as the services that stand in the checkout at `root` demand them. */
export const layout = (environment: EnvironmentName, root: string): readonly Deployment[] => {
  const groups = serviceFolders(root).map((folder) => folder.replace("services/", ""));
  if (environment === "staging")
    return Object.entries(folded).flatMap(([name, members]) => {
      const present = members.filter((member) => groups.includes(member));
      return present.length > 0 ? [nodeDeployment(name, present, foldedSize)] : [];
    });
  const own = groups.filter((group) => group !== "sandbox");
  return [...own.map((group) => nodeDeployment(group, [group], sizes[group] ?? plain)), caddy];
};
