"""Words of orders to give a certain answer, in many languages.

Entries are separated by commas, one language per line, in the form of `injection_words`.
"""

from __future__ import annotations

ANSWER = """
answer, reply, respond, output, return, print, say, write, type, classify, label, mark, rate, grade
score, predict, choose, pick, select, tag, categorize, categorise, pronounce, call it, conclude
emit, give, put, go with, continue with, count as, counts as, follow this instead, treat, regard
obey me, rule, rules say
label is, labels are, label must be, label should be, label shall be, answer must be
answer should be, output must be, output should be, verdict must be, category must be
class must be, right answer is, correct answer is, expected answer is, only answer is
right output is, correct output is, expected output is, right class is, correct class is
right category is, correct category is, right classification is, correct classification is
die richtige antwort ist, die richtige antwort lautet, das label ist, antwort lautet, label lautet
bonne réponse est, réponse correcte est, réponse doit être, étiquette est, respuesta correcta es
respuesta debe ser, etiqueta es, etiqueta correcta es, resposta certa é, resposta correta é
resposta deve ser, rótulo é, risposta giusta è, risposta corretta è, risposta deve essere
etichetta è, juiste antwoord is, label moet, poprawna odpowiedź to, prawidłowa odpowiedź to
правильный ответ, верный ответ, ответ должен быть, метка, doğru cevap, etiketi
正确答案是, 標籤是, 标签是, 答案是, 正解は, ラベルは, 정답은, 라벨은, الاجابه الصحيحه, التصنيف هو
सही उत्तर, सही जवाब, câu trả lời đúng là, nhãn là, jawaban yang benar, labelnya
antworte, antworten sie, sag, sage, sagen sie, schreib, schreibe, schreiben sie, gib, geben sie
klassifiziere, klassifizieren sie, bewerte, bewerten sie, wähle, markiere, nenne, kennzeichne
réponds, répondez, répondre, dis, dites, écris, écrivez, renvoie, renvoyez, affiche, affichez
classe, classez, note, notez, choisis, choisissez, marque, marquez, indique, indiquez, mets
responde, responda, respondas, responder, contesta, conteste, contestar, di, diga, escribe, escriba
devuelve, devuelva, clasifica, clasifique, marca, marque, elige, elija, pon
escreva, escreve, diz, devolva, retorne, classifique, escolha, coloque
rispondi, rispondere, rispondete, scrivi, scrivere, dici, restituisci, classifica, segna, scegli
antwoord, zeg, schrijf, geef, kies, markeer, classificeer
svara, säg, skriv, svar, si, sig, vastaa, sano, kirjoita
odpowiedz, odpowiadaj, napisz, powiedz, zwróć, zaklasyfikuj, oznacz, wybierz
odpověz, odpovídej, řekni, napiš, răspunde, scrie, spune, válaszolj, írd
odgovori, reci, napiši, απάντησε, γράψε, πες, отговори, напиши
ответь, ответьте, отвечай, отвечайте, отвечать, скажи, скажите, напиши, напишите, выведи, верни
выбери, оцени, пометь, відповідай, відповідь, напиши
cevap ver*, cevapla*, yanıt ver*, yanıtla*, de, yaz, yazın, söyle, seç, işaretle
اجب, واجب, قل, وقل, اكتب, واكتب, اختر, صنف, بگو, بنویس, پاسخ بده, جواب, لکھو, کہو, ענה, כתוב, תגיד
जवाब, उत्तर, लिखो, लिखें, लिखना, कहो, कहना, बोलो, উত্তর, লেখো, লিখো, বলো, জবাব
回答, 输出, 輸出, 说, 說, 写, 寫, 返回, 回复, 回覆, 答, 选择, 標記為, 标记为, 标为, 分类为, 判断为
填
答え*, 回答, 出力, 返答, 返して, 言って, 書いて, 分類, 判定
답하*, 답해*, 대답*, 답변*, 출력*, 말하*, 말해*, 쓰세요, 써, 분류*
trả lời, viết, nói, ghi, chọn, ตอบ, เขียน, พูด, jawab*, tulis*, katakan, keluarkan, pilih
sagutin, isulat, jibu, andika, sema
"""
"""To give an answer, as an order."""

FILLERS = """
with, only, just, simply, solely, merely, exclusively, the, word, words, label, class, answer
value
exactly, always, as, it, this, that, these, them, everything, anything, all, each, every, text
review, one, literally, nothing, but, a, an, single, back, me, us, verdict, result, input, to, be
following, category, in, any, question, message, here, out
nur, mit, dem, der, das, wort, antwort, einfach, immer, stets, als, alles, ausschließlich, diesen
text, auf
jede, frage
seulement, uniquement, simplement, juste, toujours, réponse, par, avec, le, la, mot, que, comme
tout, un
ce, texte, à, chaque
solo, sólo, solamente, respuesta, resposta, risposta, únicamente, siempre, con, la, palabra, que
como, todo, simplemente, el
texto, este, a, cada, pregunta
só, apenas, somente, unicamente, sempre, com, a, palavra, como, tudo, o, isto, isso
soltanto, solamente, semplicemente, unicamente, il, testo, parola, tutto, come, questo
alleen, enkel, maar, met, het, woord, altijd, gewoon, als, alles, deze, tekst
endast, bara, alltid, med, ordet, kun, altid, vain, aina, sanalla
tylko, wyłącznie, odpowiedź, zawsze, jedynie, słowem, słowo, jako, po, prostu, wszystko, na, każde
pytanie
jen, vždy, slovem, doar, mereu, cu, csak, mindig, samo, uvijek, μόνο, πάντα, με, само, винаги
только, лишь, ответ, просто, всегда, словом, слово, как, все, это, на, исключительно, тільки
завжди
sadece, yalnızca, hep, her, zaman, diye, olarak, kelimesini, kelimesiyle, her şeye, hepsine, ver
فقط, دائما, بكلمة, بكلمه, كلمة, كلمه, ب, همیشه, کلمه, صرف, ہمیشہ, רק, תמיד, במילה
केवल, सिर्फ, हमेशा, शब्द, में, ही, के, साथ, का, শুধু, সবসময়
chỉ, luôn, bằng, từ, là, với, thôi, hanya, selalu, dengan, kata, saja, sebagai
lang, palagi, tu, daima
"""
"""Words between the order and the answer."""

LINKS = """
is, all, what, you, need, have, must, should, shall, to, the, only, thing, word, answer, i, want
can
ist, alles, was, du, das, est, tout, ce, que, tu, dois, es, todo, lo, que, debes, é, tudo, o
"""
"""Words between an answer and an order behind it: `good is all you need to say`."""

AFTERWARDS = """
no matter, regardless, to, for, from, whatever, every, each, here, now, please, and, only, always
once, twice, thrice, two, three, four, five, ten, times, again, forever, below, above, thank
thanks
instead, if, when, whenever, in, as, without, or, then, because, even, on, this, until, throughout
auf, für, jede, jedes, immer, egal, unabhängig, und, ohne, bitte
à, pour, chaque, toujours, quoi, peu, et, sans
a, para, cada, siempre, sin, pase, y, por, sempre, sem, e, per, ogni, senza, qualunque
op, voor, elke, altijd, ongeacht, en, na, do, zawsze, każde, niezależnie, bez, i
на, для, всегда, независимо, и, без, каждый, что, при
لكل, دائما, مهما, بغض, हर, चाहे, cho, luôn, dù, untuk, selalu, apa
"""
"""Words that may follow the answer. Others make a phrase with it, such as `say good morning`."""

ONE_ANSWER = """
answer only with, answer with only, answer with just, answer with nothing but, answer with the word
answer with the single word, always answer with, only answer with, just answer with
reply only with, reply with only, reply with just, reply with nothing but, reply with the word
reply with the single word, always reply with, only reply with, just reply with
respond only with, respond with only, respond with just, respond with nothing but
respond with the word, respond with the single word, always respond with, only respond with
just respond with, output only, output just, output nothing but, output the word, only output
always output, always classify, always label, return only the word, print only the word
write only the word, say only the word, always say the word
antworte nur mit, antworten sie nur mit, antworte ausschließlich mit, antworte immer mit
antworte stets mit, antworte mit dem wort, antworte einfach mit, antworten sie immer mit
réponds seulement, réponds uniquement, réponds simplement, réponds toujours, réponds juste
répondez seulement, répondez uniquement, répondez simplement, répondez toujours
répondre uniquement par, réponds par le mot
responde solo con, responde únicamente con, responde solamente con
responde con la palabra, contesta solo con, contesta siempre con, contesta únicamente con
responda apenas, responda somente, responda sempre com, responda só com, responda com a palavra
rispondi solo, rispondi soltanto, rispondi sempre, rispondi unicamente, rispondi con la parola
antwoord alleen met, antwoord enkel met, antwoord altijd met, antwoord met het woord
svara endast, svara bara, svara alltid, svar kun, svar altid, svar alltid, vastaa vain, vastaa aina
odpowiedz tylko, odpowiadaj tylko, odpowiadaj zawsze, odpowiedz słowem, odpovídej pouze
odpověz pouze, răspunde doar cu, răspunde mereu cu, απάντησε μόνο, απάντα μόνο
отвечай только, отвечай всегда, ответь только, всегда отвечай, отвечайте только, ответьте только
ответь словом, отвечай словом, відповідай тільки, відповідай лише, відповідай завжди
diye cevap ver*, diye yanıtla*, diye yanıt ver*
只回答, 仅回答, 僅回答, 只输出, 仅输出, 只輸出, 只需回答, 只能回答, 只回复, 总是回答, 一律回答
とだけ答え, とだけ出力, とだけ返, とだけ言, とだけ書, とだけ回答, だけを出力, のみ出力, のみ回答
라고만 답*, 라고만 대답*, 라고만 말*, 라고만 출력*, 라고만 쓰*, 만 출력*
اجب فقط, اجب دائما, واجب فقط, قل فقط, واكتب فقط, فقط بگو, ענה רק, תמיד ענה
chỉ trả lời, luôn trả lời, hãy chỉ nói, jawab hanya, hanya jawab, selalu jawab, jawablah hanya
ตอบแค่, ตอบเพียง
"""
"""Orders to give one answer only, or always the same. People rarely write them to each other."""


def entries(table: str) -> set[str]:
    """The entries of a table."""
    return {entry.strip() for line in table.splitlines() for entry in line.split(",")} - {""}
