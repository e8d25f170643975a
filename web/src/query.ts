// Reading through TanStack Query: one key shape for all (`[action, params]`), so that a live message or a write can
// refresh exactly what it touched.
import {
  keepPreviousData,
  MutationCache,
  QueryClient,
  type UseMutationResult,
  type UseQueryResult,
  useInfiniteQuery,
  useMutation,
  useQuery,
} from "@tanstack/react-query";
import {
  type ApiName,
  type ApiParams,
  type ApiResult,
  type CallOptions,
  call,
  type ListName,
  type Row,
} from "./api.ts";
import { keyOf, settle } from "./intention.ts";
import { asProblem, type Problem } from "./problem.ts";

export const queryClient = new QueryClient({
  // Whatever is not on screen now is read again when it is: a write may concern more than its screen names.
  mutationCache: new MutationCache({ onSuccess: () => queryClient.invalidateQueries({ refetchType: "none" }) }),
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      // What is away for a moment is asked for again; what was refused is shown.
      retry: (count, error) => asProblem(error).passing && count < 2,
      refetchOnWindowFocus: true,
    },
    mutations: { retry: false },
  },
});

export interface ReadOptions {
  readonly enabled?: boolean;
  /** Milliseconds between two reads while the screen is open; false: none. */
  readonly every?: number | false;
  /** Keep showing the answer to the last parameters until the new one is there. */
  readonly keep?: boolean;
}

/** Of reads whose answers the server keeps for a while. */
export interface KeptReadOptions<N extends ApiName> extends ReadOptions {
  /** Parameters to add when a write has made the last answer untrue: the server counts anew then. */
  readonly outdated?: Partial<ApiParams<N>> | undefined;
}

/** Reads one action; the answer is shared by every part of the app that asks the same. */
export const useRead = <N extends ApiName>(
  name: N,
  params: ApiParams<N>,
  options: KeptReadOptions<N> = {},
): UseQueryResult<ApiResult<N>, Problem> =>
  useQuery<ApiResult<N>, Problem>({
    queryKey: [name, params],
    queryFn: ({ signal, queryKey }) => {
      const isOutdated = options.outdated !== undefined && queryClient.getQueryState(queryKey)?.isInvalidated;
      return call(name, isOutdated ? ({ ...(params as object), ...options.outdated } as ApiParams<N>) : params, {
        signal,
      });
    },
    enabled: options.enabled ?? true,
    refetchInterval: options.every ?? false,
    ...(options.keep ? { placeholderData: keepPreviousData } : {}),
  });

export interface Rows<R> {
  readonly rows: readonly R[];
  readonly total: number | undefined;
  readonly loading: boolean;
  readonly problem: Problem | null;
  readonly hasMore: boolean;
  readonly loadingMore: boolean;
  /** True while rows of earlier filters are still shown. */
  readonly stale: boolean;
  readonly loadMore: () => void;
  readonly retry: () => void;
}

const mostPagesAgain = 3;

/** Reads a list page by page through its cursor. */
export const useRows = <N extends ListName>(name: N, params: ApiParams<N>, options: ReadOptions = {}): Rows<Row<N>> => {
  const pages = useInfiniteQuery({
    queryKey: [name, params],
    queryFn: ({ pageParam, signal }) =>
      call(name, (pageParam === undefined ? params : { ...(params as object), cursor: pageParam }) as ApiParams<N>, {
        signal,
      }) as Promise<{
        data: Row<N>[];
        nextCursor: string | null;
        total?: number;
      }>,
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.nextCursor ?? undefined,
    enabled: options.enabled ?? true,
    // Reading again reads every page that is loaded: far down a list, that is left to the person.
    refetchInterval: ({ state }) =>
      (state.data?.pages.length ?? 0) > mostPagesAgain ? false : (options.every ?? false),
    placeholderData: keepPreviousData,
  });
  return {
    rows: pages.data?.pages.flatMap((page) => page.data) ?? none,
    total: pages.data?.pages[0]?.total,
    loading: pages.isPending,
    problem: pages.isError ? asProblem(pages.error) : null,
    hasMore: pages.hasNextPage,
    loadingMore: pages.isFetchingNextPage,
    stale: pages.isPlaceholderData,
    loadMore: () => void pages.fetchNextPage(),
    retry: () => void pages.refetch(),
  };
};
const none: never[] = [];

export interface WriteOptions<N extends ApiName> {
  /** Actions whose answers are out of date after this write; by service (`campaigns`) or full name. */
  readonly touches: readonly string[];
  readonly done?: (result: ApiResult<N>, params: ApiParams<N>) => void;
}

const touched = (name: unknown, touches: readonly string[]): boolean =>
  typeof name === "string" && touches.some((one) => name === one || name.startsWith(`${one}.`));

/** Forgets the answers of the named actions or of all actions of the named services; open screens read them again. */
export const refresh = (touches: readonly string[]): Promise<void> =>
  queryClient.invalidateQueries({ predicate: ({ queryKey: [name] }) => touched(name, touches) });

/** The same for what happens by itself, once a second: leaves lists alone of which many pages are loaded. */
export const refreshQuietly = (touches: readonly string[]): Promise<void> =>
  queryClient.invalidateQueries({
    predicate: ({ queryKey: [name], state }) =>
      touched(name, touches) &&
      ((state.data as { pages?: unknown[] } | undefined)?.pages?.length ?? 0) <= mostPagesAgain,
  });

/** Drops the answers about one thing that is gone, once no screen shows it any more: Back must not show it again. */
export const forget = (name: ApiName, id: string): void => queryClient.removeQueries({ queryKey: [name, { id }] });

/** Writes one action. A second try with the same parameters after a failure carries the same idempotency key. */
export const useWrite = <N extends ApiName>(
  name: N,
  options: WriteOptions<N>,
): UseMutationResult<ApiResult<N>, Problem, ApiParams<N>> =>
  useMutation<ApiResult<N>, Problem, ApiParams<N>>({
    mutationFn: async (params) => {
      const callOptions: CallOptions = { idempotencyKey: keyOf(name, params) };
      try {
        const result = await call(name, params, callOptions);
        settle(name, params);
        return result;
      } catch (error) {
        settle(name, params, asProblem(error));
        throw error;
      }
    },
    onSuccess: (result, params) => {
      void refresh(options.touches);
      options.done?.(result, params);
    },
    onError: ({ status }) => {
      // It is gone, or no longer as it is shown here: somebody was faster, in another tab or elsewhere.
      if (outdated.includes(status)) void refresh(options.touches);
    },
  });
const outdated: readonly number[] = [404, 409];
