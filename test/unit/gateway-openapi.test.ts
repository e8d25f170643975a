// The description of the API against the contracts: nothing public is missing, and nothing else is in it.
import { describe, expect, it } from "vitest";
import { describeApi } from "../../gateway/openapi.ts";
import { publicActions } from "../../gateway/operations.ts";
import { contracts } from "../../shared/contracts/index.ts";

const description = describeApi("1.2.3", "https://learn.example.org");
const operations = Object.values(description.paths).flatMap((methods) => Object.values(methods));

describe("the OpenAPI description", () => {
  it("contains every public action with its permission, status and errors", () => {
    for (const { name, rest, path, contract } of publicActions) {
      const operation = description.paths[path.replace(/:(\w+)/g, "{$1}")]?.[rest.method.toLowerCase()];
      expect(operation?.operationId).toBe(name);
      expect(operation?.["x-permission"]).toBe(contract.permission);
      expect(Object.keys(operation?.responses ?? {})).toContain(String(rest.status ?? 200));
      expect(Object.keys(operation?.responses ?? {})).toEqual(expect.arrayContaining(["422", "429", "500", "503"]));
      if (contract.permission !== "none") expect(operation?.security).not.toEqual([]);
    }
  });

  it("contains no action that the contracts do not publish", () => {
    const internal = Object.entries(contracts).flatMap(([service, { actions }]) =>
      Object.entries(actions as Record<string, { rest?: unknown }>)
        .filter(([, action]) => !action.rest)
        .map(([verb]) => `${service}.${verb}`),
    );
    expect(internal).toContain("imports.storeChunk");
    expect(operations.map((operation) => operation.operationId).filter((name) => internal.includes(name))).toEqual([]);
  });

  it("names each operation once and declares every part of a path", () => {
    const names = operations.map((operation) => operation.operationId);
    expect(new Set(names).size).toBe(names.length);
    for (const [path, methods] of Object.entries(description.paths))
      for (const operation of Object.values(methods))
        expect(
          (operation.parameters ?? []).filter((field) => field.in === "path").map((field) => `{${field.name}}`),
        ).toEqual(path.match(/\{\w+\}/g) ?? []);
  });

  it("keeps path fields out of bodies, and describes uploads as multipart", () => {
    const update = description.paths["/api/v1/contacts/{id}"]?.patch;
    const body = update?.requestBody?.content as { "application/json": { schema: { properties: object } } };
    expect(Object.keys(body["application/json"].schema.properties)).not.toContain("id");
    expect(Object.keys(description.paths["/api/v1/imports"]?.post?.requestBody?.content ?? {})).toEqual([
      "multipart/form-data",
    ]);
    expect(description.paths["/api/v1/campaigns/{id}/launch"]?.post?.parameters?.map((field) => field.name)).toContain(
      "Idempotency-Key",
    );
  });

  it("is JSON through and through, and resolves its own references", () => {
    const text = JSON.stringify(description);
    const responses = (description.components as { responses: Record<string, unknown> }).responses;
    for (const [, name = ""] of text.matchAll(/"#\/components\/responses\/(\w+)"/g))
      expect(responses[name]).toBeDefined();
    expect(text).not.toContain('"$schema"');
    // References inside a contract's own schema must not point into the whole document.
    expect(text).not.toMatch(/"\$ref":"#\/\$defs/);
  });
});
