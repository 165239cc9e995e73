// Shows thumbs for a task, or a ballot. See the page on the widget in the documentation.
(() => {
  const script = document.currentScript
  const { task, ballot, token, lang = document.documentElement.lang || 'en', ...data } = script.dataset
  const base = new URL(data.url || '/', script.src).origin + '/v1/'
  const say = (name, otherwise) => data[name] || otherwise
  const make = (tag, text, attributes = {}) => {
    const node = document.createElement(tag)
    node.textContent = text
    for (const name in attributes) node.setAttribute(name, attributes[name])
    return node
  }
  const box = make('div', '', { class: 'tinyarms', role: 'group', lang })
  const buttons = make('div', '', { class: 'tinyarms-buttons' })
  const status = make('p', '', { class: 'tinyarms-status', role: 'status', 'aria-live': 'polite', tabindex: -1 })
  const ask = async (path, body, key) => {
    const reply = await fetch(base + path, {
      method: body ? 'POST' : 'GET',
      headers: { Authorization: 'Bearer ' + token, ...(body && { 'Content-Type': 'application/json', 'Idempotency-Key': key }) },
      body: body && JSON.stringify(body),
      credentials: 'omit',
      referrerPolicy: 'no-referrer'
    })
    if (!reply.ok) throw Object.assign(Error(), { status: reply.status })
    return reply.json()
  }
  const wait = seconds => new Promise(done => setTimeout(done, seconds * 1000))
  const send = async (path, body, key) => {
    const all = buttons.querySelectorAll('button')
    all.forEach(each => each.setAttribute('aria-disabled', 'true'))
    for (let seconds = 1; ; seconds *= 2) {
      try {
        await ask(path, body, key)
        status.textContent = say('thanks', 'Thank you.')
        if (buttons.contains(document.activeElement)) status.focus()
        buttons.remove()
        box.dispatchEvent(new CustomEvent('tinyarms', { bubbles: true, detail: body }))
        return
      } catch (error) {
        if (error.status == 401) return expire()
        if (seconds > 8 || (error.status < 500 && error.status != 429)) break
        await wait(seconds)
      }
    }
    status.textContent = say('failed', 'This did not work. Please try again.')
    all.forEach(each => each.removeAttribute('aria-disabled'))
  }
  // A page that was open for a day, or is older than its token: nothing here can be answered.
  const expire = () => {
    status.textContent = say('expired', 'This question has expired.')
    if (buttons.contains(document.activeElement)) status.focus()
    buttons.remove()
  }
  const button = (text, label, path, body) => {
    const node = make('button', text, { type: 'button', 'aria-label': label })
    // The service counts a key once, however often it is sent.
    const key = [...crypto.getRandomValues(new Uint8Array(16))].join('-')
    node.onclick = () => node.getAttribute('aria-disabled') || send(path, body, key)
    buttons.append(node)
  }
  const show = async () => {
    const id = encodeURIComponent(task || ballot)
    if (task) {
      const path = `tasks/${id}/feedback`
      box.setAttribute('aria-label', say('ask', 'Was this answer right?'))
      button('\u{1F44D}', say('yes', 'Right'), path, { success: true })
      button('\u{1F44E}', say('no', 'Wrong'), path, { success: false })
    } else {
      const { options } = (await ask('ballots/' + id)).ballot
      const path = `ballots/${id}/vote`
      box.setAttribute('aria-label', say('ask', 'Which answer is best?'))
      for (const { letter, output } of options) {
        const text = output ?? say('nothing', '(no answer)')
        button(text, `${letter}: ${text}`, path, { choice: letter })
      }
      button(say('none', 'None'), say('none', 'None of them'), path, { choice: 'none' })
      button(say('skip', 'Skip'), say('skip', 'Skip this question'), path, { choice: null })
    }
    box.append(buttons, status)
    script.after(box)
  }
  show().catch(error => {
    // A ballot that was answered, or a service that is away, is not the reader's business.
    if (error.status != 401) return
    expire()
    box.append(status)
    script.after(box)
  })
})()
