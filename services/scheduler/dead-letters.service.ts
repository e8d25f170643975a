// Dead letters for operators: seen, replayed or dropped, one by one or many at once.
import { service } from "../../shared/broker/service.ts";
import { actOnLetters, dropLetter, replayLetter, revealLetter, showLetter, showLetters } from "./operations/letters.ts";

export default service("deadLetters", {
  actions: {
    list: (ctx, deps) => showLetters(deps, ctx.params),
    get: (ctx, deps) => showLetter(deps, ctx.params.id),
    reveal: (ctx, deps) => revealLetter(deps, ctx.params.id),
    replay: (ctx, deps) => replayLetter(deps, ctx),
    drop: (ctx, deps) => dropLetter(deps, ctx),
    bulk: (ctx, deps) => actOnLetters(deps, ctx),
  },
});
