// The peer of benchmark "gateway", as a process of its own: the same contact services behind moleculer-web as it comes,
// with routes and a JSON body and nothing else: nobody is asked who he is, nothing is limited, checked or logged on the way.
// Started with PORT, DATABASE_URL and REDIS_URL; says `ready` to its parent and ends with it.
import { ServiceBroker, type ServiceSchema } from "moleculer";
import ApiGateway from "moleculer-web";
import contacts from "../../../services/contacts/contacts.service.ts";

const broker = new ServiceBroker({ logger: false });
broker.createService(contacts);
broker.createService({
  name: "api",
  mixins: [ApiGateway as unknown as ServiceSchema],
  settings: {
    port: Number(process.env.PORT),
    ip: "127.0.0.1",
    routes: [
      {
        path: "/api/v1",
        mappingPolicy: "restrict",
        bodyParsers: { json: true },
        aliases: {
          "GET /contacts": "contacts.list",
          "GET /contacts/:id": "contacts.get",
          "POST /contacts": "contacts.create",
        },
      },
    ],
  },
});
await broker.start();
process.send?.("ready");
process.on("disconnect", () => {
  void broker.stop().then(() => process.exit(0));
});
