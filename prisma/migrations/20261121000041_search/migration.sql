create extension if not exists pg_trgm;

-- CreateTable
CREATE TABLE "engine"."task_search" (
    "task_id" UUID NOT NULL,
    "project_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "document" tsvector NOT NULL,

    CONSTRAINT "task_search_pkey" PRIMARY KEY ("task_id")
);

-- CreateIndex
CREATE INDEX "task_search_project_id_idx" ON "engine"."task_search"("project_id");

-- CreateIndex
CREATE INDEX "task_search_document_idx" ON "engine"."task_search" USING GIN ("document");

-- AddForeignKey
ALTER TABLE "engine"."task_search" ADD CONSTRAINT "task_search_project_id_task_id_fkey" FOREIGN KEY ("project_id", "task_id") REFERENCES "tasks"("project_id", "id") ON DELETE CASCADE ON UPDATE NO ACTION;

-- What Prisma's schema cannot say.

-- Paths, keys and names in code are searched by their parts: Postgres would keep `src/api/user_id.ts` as one word.
create function engine.plain_words(text) returns text language sql immutable parallel safe
  return translate($1, '-_/.:;,@#=+*\|()<>[]{}"''`~!?$%^&', repeat(' ', 32));

-- Words as they are written, for the half-typed last one, and by their stems.
create function engine.word_vector(text, weight "char") returns tsvector language sql immutable parallel safe
  return setweight(to_tsvector('simple'::regconfig, engine.plain_words($1)) || to_tsvector('english'::regconfig, engine.plain_words($1)), $2);

-- What a task is found by. A vector holds a megabyte at most: of long texts the beginning counts.
create function engine.task_document(key text, title text, labels text[], spec text, notes text, result text)
returns tsvector language plpgsql immutable parallel safe as $$
declare
  kept int;
begin
  foreach kept in array array[200000, 40000, 8000] loop
    begin
      return engine.word_vector(key || ' ' || title, 'A') || engine.word_vector(array_to_string(labels, ' '), 'B')
        || engine.word_vector(left(spec, kept), 'C') || engine.word_vector(left(result, kept / 2), 'D')
        || engine.word_vector(left(notes, kept / 2), 'D');
    exception when program_limit_exceeded then
      -- Again with less.
    end;
  end loop;
  return engine.word_vector(left(key || ' ' || title, 2000), 'A');
end $$;
