// What stands in front of the platform in tests: a proxy that ends TLS, and a second port on the same machine.
import { request } from "node:http";
import { createServer as createHttps, type Server } from "node:https";
import { type AddressInfo, connect, createServer, type Server as TcpServer } from "node:net";
import { selfSigned } from "./self-signed.ts";

/** Ends TLS and passes everything on, as a proxy in front of a deployment does. */
export const tlsProxy = async (target: number): Promise<{ server: Server; port: number }> => {
  const server = createHttps(selfSigned("learn.test"), (req, res) => {
    const headers = {
      ...req.headers,
      "x-forwarded-proto": "https",
      "x-forwarded-for": req.socket.remoteAddress ?? "",
    };
    const onward = request(
      { host: "127.0.0.1", port: target, method: req.method, path: req.url, headers, agent: false },
      (answer) => {
        res.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(res);
      },
    );
    onward.on("error", () => res.destroy());
    req.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, port: (server.address() as AddressInfo).port };
};

/** Another port that leads to the same place, as a second copy on this machine has. */
export const secondPort = async (target: number): Promise<{ server: TcpServer; port: number }> => {
  const server = createServer((socket) => {
    const onward = connect(target, "127.0.0.1");
    socket.on("error", () => onward.destroy()).on("close", () => onward.destroy());
    onward.on("error", () => socket.destroy()).on("close", () => socket.destroy());
    socket.pipe(onward).pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, port: (server.address() as AddressInfo).port };
};
