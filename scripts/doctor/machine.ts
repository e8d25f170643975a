// This machine: Node, the data folder and its room, the port, and what `npm start` would do where no URL is set.
import { accessSync, constants, existsSync, mkdtempSync, rmSync, statfsSync } from "node:fs";
import { dirname, join } from "node:path";
import { about, type Finding } from "../../shared/finding.ts";
import { wordsOf } from "../../shared/lib/connection-trouble.ts";
import { canInstall, findProgram } from "../start/packages.ts";
import { portTaken } from "../start/ports.ts";

const { ok, warning, problem } = about("Machine");
const GB = 1024 ** 3;

const checkNode = (): Finding => {
  const found = process.versions.node;
  return Number(found.split(".")[0]) >= 24
    ? ok("Node", found)
    : problem("Node", found, "Run it by npm, which uses the Node 24 in node_modules/.bin.");
};

/** The folder itself, or the nearest one above that exists. */
const existing = (folder: string): string => (existsSync(folder) ? folder : existing(dirname(folder)));

const checkFolder = (dataDir: string): Finding[] => {
  const folder = existing(dataDir);
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    // The rights may say yes where the disk says no: full, or mounted for reading only.
    rmSync(mkdtempSync(join(folder, ".doctor-")), { recursive: true });
  } catch (error) {
    return [
      problem(
        "Data folder",
        `${dataDir}: ${wordsOf(error)}`,
        "Give this user the right to write there, or set LC_DATA_DIR to another folder.",
      ),
    ];
  }
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  const said = `${dataDir}${folder === dataDir ? "" : " (made at the first start)"}, ${(free / GB).toFixed(1)} GB free`;
  return [
    free < GB
      ? warning("Data folder", said, "Make room: mails, uploads and the databases grow in there.")
      : ok("Data folder", said),
  ];
};

const checkPort = async (port: number, running: boolean): Promise<Finding> => {
  const taken = await portTaken(port);
  if (!taken) return ok("Port", `${port} is free`);
  return running
    ? ok("Port", `${port} is in use by this platform, which runs`)
    : problem("Port", `${port} is not free`, taken);
};

/** What `npm start` runs Redis with, when REDIS_URL is not set. */
export const checkPrivateRedis = (): Finding => {
  const program = findProgram("redis-server", "valkey-server");
  if (program) return ok("Redis", `npm start runs a private one with ${program}`);
  return canInstall()
    ? ok("Redis", "there is none here yet: npm start installs redis-server with apt-get")
    : problem(
        "Redis",
        "there is no redis-server or valkey-server on the PATH",
        "Install Redis 7 or Valkey, or set REDIS_URL.",
      );
};

/** Findings about the machine. `running`: the platform runs on this data folder. */
export const checkMachine = async (dataDir: string, port: number, running: boolean): Promise<Finding[]> => [
  checkNode(),
  ...checkFolder(dataDir),
  await checkPort(port, running),
];
