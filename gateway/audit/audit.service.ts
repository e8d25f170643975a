// The audit service: searches what people and tokens did, also as a file.
import { service } from "../../shared/broker/service.ts";
import { auditCsv, searchAudit } from "./search.ts";

export default service("audit", {
  actions: {
    list: ({ params }, deps) => searchAudit(deps, params),
    csv: ({ params }, deps) => auditCsv(deps, params),
  },
});
