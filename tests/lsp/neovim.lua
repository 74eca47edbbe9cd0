-- What a user of Neovim does with a file: looks at the findings, takes a quick fix, verifies, fixes
-- all and saves, by the functions that Neovim has for it. What was seen is left in $SEEN as JSON.
-- $SETUP is what docs/editors.md says to put into init.lua.

local seen = { titles = {}, ended = {} }

local function finish(failure)
  seen.failure = failure
  vim.fn.writefile({ vim.fn.json_encode(seen) }, vim.env.SEEN)
  vim.cmd("qall!")
end

local function wait_for(what, holds)
  if not vim.wait(240000, holds, 50) then
    error("waited in vain for " .. what)
  end
end

local function text()
  return table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, true), "\n") .. "\n"
end

-- Takes the code action whose title has `part`, as a user picks it from the list.
local function take(part, context)
  local before, taken = text(), false
  vim.ui.select = function(items, _, choose)
    for _, item in ipairs(items) do
      local title = (item.action or item[2]).title
      table.insert(seen.titles, title)
      if title:find(part, 1, true) then
        taken = true
        choose(item)
        return
      end
    end
    error("no action has " .. part)
  end
  local is_new = vim.fn.has("nvim-0.8") == 1
  vim.lsp.buf.code_action(is_new and { context = context } or context)
  wait_for("an action with " .. part, function()
    return taken
  end)
  return before
end

local function take_edit(part, context)
  local before = take(part, context)
  wait_for("an edit", function()
    return text() ~= before
  end)
end

local function codes()
  local found = {}
  for _, diagnostic in ipairs(vim.diagnostic.get(0)) do
    table.insert(found, diagnostic.code .. ":" .. diagnostic.lnum + 1)
  end
  return found
end

local function main()
  local progress = vim.lsp.handlers["$/progress"]
  vim.lsp.handlers["$/progress"] = function(failure, result, ...)
    if result.value.kind == "end" then
      table.insert(seen.ended, result.value.message)
    end
    return progress(failure, result, ...)
  end
  vim.cmd("luafile " .. vim.fn.fnameescape(vim.env.SETUP))
  vim.cmd("edit " .. vim.fn.fnameescape(vim.env.FILE))
  wait_for("findings", function()
    return #vim.diagnostic.get(0) > 0
  end)
  seen.findings = codes()
  for _, diagnostic in ipairs(vim.diagnostic.get(0)) do
    if diagnostic.code == vim.env.RULE then
      seen.range = { diagnostic.lnum, diagnostic.col, diagnostic.end_lnum, diagnostic.end_col }
      vim.api.nvim_win_set_cursor(0, { diagnostic.lnum + 1, diagnostic.col })
    end
  end

  local count = #seen.findings
  take_edit(vim.env.RULE .. ": ")
  seen.after_quick_fix = text()
  wait_for("findings of the new text", function()
    return #vim.diagnostic.get(0) < count
  end)

  take("verify this module")
  wait_for("the verdict", function()
    return #seen.ended > 0
  end)
  take_edit("tracefix: apply", { only = { "source.fixAll" } })
  wait_for("the end of the findings", function()
    return #vim.diagnostic.get(0) == 0
  end)
  vim.cmd("write")
  vim.lsp.stop_client(vim.lsp.get_active_clients())
  wait_for("the server's end", function()
    return #vim.lsp.get_active_clients() == 0
  end)
end

local fine, failure = pcall(main)
finish(not fine and tostring(failure) or nil)
