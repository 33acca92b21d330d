/** O aspecto das páginas. Sem ele elas dizem o mesmo: as cores, claras ou escuras, só repetem o que está escrito. */
export const ESTILO = `
:root{--papel:#fff;--tinta:#1c2127;--suave:#545d68;--fio:#d5dae0;--sim:#14663a;--nao:#a4201a;--talvez:#7a5200}
.sim{--fundo:#e6f4eb}.nao{--fundo:#fdecea}.talvez{--fundo:#fdf3dd}
@media screen and (prefers-color-scheme:dark){
:root{--papel:#14181c;--tinta:#e6e9ec;--suave:#a7b0ba;--fio:#353d46;--sim:#7fdba4;--nao:#ffaaa3;--talvez:#f0cd80}
.sim{--fundo:#12281b}.nao{--fundo:#331614}.talvez{--fundo:#2d240d}}
*{box-sizing:border-box}
body{margin:0;background:var(--papel);color:var(--tinta);font:1rem/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
header{background:var(--fundo)}header>div,main{max-width:64rem;margin:auto;padding:1.5rem 1.25rem}
header p{margin:.4rem 0;max-width:44rem}header p:first-child{color:var(--suave);font-size:.875rem}
h1{font-size:clamp(1.6rem,4.6vw,2.7rem);line-height:1.15;margin:.5rem 0;text-wrap:balance}
h2{font-size:1.25rem;margin:2.5rem 0 .5rem;border-bottom:2px solid var(--tinta);padding-bottom:.2rem}
h3{font-size:1rem;margin:1.2rem 0 .2rem}
.sim h1,main .sim{color:var(--sim)}.nao h1,main .nao{color:var(--nao)}.talvez h1{color:var(--talvez)}
main .talvez{color:var(--suave)}td b[class]{white-space:nowrap}
dl{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,17rem),1fr));gap:.6rem 1.5rem;margin:1.2rem 0 0}
dl div:last-child{grid-column:1/-1}dt{color:var(--suave);font-size:.8125rem}dd{margin:0}
table{border-collapse:collapse;width:100%;margin:.5rem 0 1rem}
caption{text-align:left;color:var(--suave);padding:.3rem 0}
th,td{text-align:left;vertical-align:top;padding:.35rem 1rem .35rem 0;border-bottom:1px solid var(--fio)}
thead th{font-size:.8125rem;color:var(--suave);font-weight:400}th{overflow-wrap:normal}
code,pre{font:.8125rem/1.5 ui-monospace,monospace}pre{white-space:pre-wrap;margin:.5rem 0}
ul,ol{padding-left:1.4rem}li{margin:.2rem 0}
figure{margin:1rem 0;display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,20rem),1fr));gap:1rem 2rem}
figure svg{width:100%;max-width:32rem;height:auto}figcaption{color:var(--suave)}
.cena ul{columns:18rem;list-style:none;padding:0;margin:.2rem 0 0;font-size:.8125rem;line-height:1.4}
.cena li{margin:0;padding-left:1.3em;text-indent:-1.3em;break-inside:avoid}.cena h3{break-after:avoid}td svg{color:var(--suave);margin-right:.6rem}
@media(max-width:40rem){table{font-size:.8125rem}th,td{padding-right:.5rem}thead th{font-size:.75rem}}
@page{margin:14mm 12mm}
@media print{:root{font-size:9pt}header>div,main{padding:.5rem 0;max-width:none}header{border:1px solid var(--suave);padding:0 1rem}
h1{font-size:20pt}h2{margin-top:1.2rem;break-after:avoid}h3{margin-top:.8rem}th,td{padding-block:.2rem}tr,figure,dl div{break-inside:avoid}
.cena ul{columns:2}pre{font-size:7pt}figure svg{max-width:10cm}}
`;
